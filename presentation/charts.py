"""Native charts of PowerPoint, which a reader may edit: bars, columns, a curve with its levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_MARK
from pptx.enum.dml import MSO_LINE
from pptx.util import Pt

from presentation.paper import Paper, emu, tell
from presentation.theme import FONT, FRUIT, INK, LEAF, LEAST, LINE, MUTED, NOTE, STONE, Box

GAP: Final = 45
"""Between bars, as per cent of a bar."""
ROOM: Final = 1.3
"""How much wider the curve's field is than the curve: the last level's label stands there."""
LABEL_HEIGHT: Final = 0.1
"""Where on a level's falling line its label stands."""


@dataclass(frozen=True)
class Series:
    """A row of values, the words that label them, and a colour for all or for each."""

    name: str
    values: Sequence[float]
    labels: Sequence[str] = ()
    colour: str = LEAF
    colours: Sequence[str] = ()


@dataclass(frozen=True)
class Bars:
    """Categories and their series; `flat` bars lie, others stand; `told` says what is shown."""

    categories: Sequence[str]
    series: Sequence[Series]
    told: str
    flat: bool = True

    @property
    def kind(self) -> Any:  # noqa: ANN401
        """The chart's type in python-pptx."""
        return XL_CHART_TYPE.BAR_CLUSTERED if self.flat else XL_CHART_TYPE.COLUMN_CLUSTERED


@dataclass(frozen=True)
class Curve:
    """Points (x, share) of a curve, and levels (x, share, words) to which lines lead."""

    name: str
    points: Sequence[tuple[float, float]]
    levels: Sequence[tuple[float, float, str]]
    titles: tuple[str, str]
    told: str


def draw_bars(paper: Paper, box: Box, bars: Bars) -> None:
    """Draw bars or columns; values are told by their labels, so there is no axis of values."""
    data = CategoryChartData()
    data.categories = list(bars.categories)
    for each in bars.series:
        data.add_series(each.name, each.values)
    chart = _chart(paper, box, bars.kind, data, bars.told)
    chart.plots[0].gap_width = GAP
    chart.plots[0].overlap = -8 if len(bars.series) > 1 else 0
    _category_axis(chart, reverse=bars.flat, size=NOTE if len(bars.categories) < 10 else LEAST)
    chart.value_axis.visible = False
    chart.value_axis.has_major_gridlines = False
    chart.value_axis.minimum_scale = 0
    for drawn, each in zip(chart.plots[0].series, bars.series, strict=True):
        _paint_bars(drawn, each)
    _legend(chart, shown=len(bars.series) > 1)


def _chart(paper: Paper, box: Box, kind: Any, data: Any, told: str) -> Any:  # noqa: ANN401
    frame = paper.slide.shapes.add_chart(kind, *emu(box), data)
    tell(frame, told)
    chart = frame.chart
    chart.font.name, chart.font.size = FONT, Pt(NOTE)
    chart.font.color.rgb = RGBColor.from_string(INK)
    chart.has_title = False
    return chart


def _category_axis(chart: Any, *, reverse: bool, size: float) -> None:  # noqa: ANN401
    axis = chart.category_axis
    axis.reverse_order = reverse
    axis.has_major_gridlines = False
    axis.format.line.color.rgb = RGBColor.from_string(LINE)
    axis.major_tick_mark = XL_TICK_MARK.NONE
    axis.tick_labels.font.size = Pt(size)


def _paint_bars(drawn: Any, series: Series) -> None:  # noqa: ANN401
    fills = [drawn.format.fill, *(drawn.points[i].format.fill for i in range(len(series.colours)))]
    for fill, colour in zip(fills, (series.colour, *series.colours), strict=True):
        fill.solid()
        fill.fore_color.rgb = RGBColor.from_string(colour)
    drawn.invert_if_negative = False
    for index, words in enumerate(series.labels):
        _label(drawn.points[index], words, XL_LABEL_POSITION.OUTSIDE_END)


def _label(point: Any, words: str, position: Any) -> None:  # noqa: ANN401
    """Write a label's words: French decimals, whatever the language of who opens the file."""
    run = point.data_label.text_frame.paragraphs[0].add_run()
    run.text = words
    run.font.size, run.font.bold, run.font.name = Pt(NOTE), True, FONT
    run.font.color.rgb = RGBColor.from_string(INK)
    point.data_label.position = position


def _legend(chart: Any, *, shown: bool) -> None:  # noqa: ANN401
    chart.has_legend = shown
    if shown:
        chart.legend.position = XL_LEGEND_POSITION.TOP
        chart.legend.include_in_layout = False
        chart.legend.font.size = Pt(NOTE)


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
    chart = _chart(paper, box, XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, data, curve.told)
    _legend(chart, shown=False)
    drawn, *lines = chart.plots[0].series
    _draw_line(drawn, LEAF, 3)
    for line, (_, _, words) in zip(lines, curve.levels, strict=True):
        _draw_line(line, FRUIT, 1.5)
        line.format.line.dash_style = MSO_LINE.DASH
        _label(line.points[2], words, XL_LABEL_POSITION.RIGHT)
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
