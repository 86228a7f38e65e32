"""A native curve of PowerPoint: shares that grow, with lines that lead to some levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pptx.chart.data import XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.util import Pt

from presentation.charts import label_point, new_chart, show_legend
from presentation.paper import Paper
from presentation.theme import FRUIT, LEAF, LINE, MUTED, NOTE, STONE, Box

ROOM: Final = 1.3
"""How much wider the curve's field is than the curve: the last level's label stands there."""
LABEL_HEIGHT: Final = 0.1
"""Where on a level's falling line its label stands."""


@dataclass(frozen=True)
class Curve:
    """Points (x, share) of a curve, and levels (x, share, words) to which lines lead."""

    name: str
    points: Sequence[tuple[float, float]]
    levels: Sequence[tuple[float, float, str]]
    titles: tuple[str, str]
    told: str


def draw_curve(paper: Paper, box: Box, curve: Curve) -> None:
    """Draw a curve of shares, and lines from the axis over the curve down to each level's x."""
    data = XyChartData()
    rows = [
        curve.points,
        *([(0, y), (x, y), (x, LABEL_HEIGHT), (x, 0)] for x, y, _ in curve.levels),
    ]
    for name, row in zip([curve.name, *(words for *_, words in curve.levels)], rows, strict=True):
        series = data.add_series(name)
        for x, y in row:
            series.add_data_point(x, y)
    chart = new_chart(paper, box, XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, data, curve.told)
    show_legend(chart, shown=False)
    drawn, *lines = chart.plots[0].series
    _draw_line(drawn, LEAF, 3)
    for line, (_, _, words) in zip(lines, curve.levels, strict=True):
        _draw_line(line, FRUIT, 1.5)
        line.format.line.dash_style = MSO_LINE.DASH
        label_point(line.points[2], words, XL_LABEL_POSITION.RIGHT)
    _scales(chart, curve)


def _draw_line(drawn: Any, colour: str, width: float) -> None:  # noqa: ANN401
    drawn.smooth = False
    drawn.format.line.color.rgb = RGBColor.from_string(colour)
    drawn.format.line.width = Pt(width)


def _scales(chart: Any, curve: Curve) -> None:  # noqa: ANN401
    across, up = chart.category_axis, chart.value_axis
    across.minimum_scale, across.maximum_scale = 0, curve.points[-1][0] * ROOM
    up.minimum_scale, up.maximum_scale, up.major_unit = 0, 1, 0.2
    up.tick_labels.number_format, up.tick_labels.number_format_is_linked = "0\\ %", False
    for axis, title in zip((across, up), curve.titles, strict=True):
        axis.has_title = True
        axis.axis_title.text_frame.text = title
        run = axis.axis_title.text_frame.paragraphs[0].runs[0]
        run.font.size, run.font.bold = Pt(NOTE), False
        axis.format.line.color.rgb = RGBColor.from_string(STONE)
        axis.tick_labels.font.color.rgb = RGBColor.from_string(MUTED)
    across.has_major_gridlines = False
    up.major_gridlines.format.line.color.rgb = RGBColor.from_string(LINE)
