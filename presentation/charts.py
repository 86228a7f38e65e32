"""Native charts of PowerPoint, which a reader may edit: bars and columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_MARK
from pptx.util import Pt

from presentation.paper import Paper, emu, tell
from presentation.theme import FONT, INK, LEAF, LEAST, LINE, NOTE, Box

GAP: Final = 45
"""Between bars, as per cent of a bar."""


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


def draw_bars(paper: Paper, box: Box, bars: Bars) -> None:
    """Draw bars or columns; values are told by their labels, so there is no axis of values."""
    data = CategoryChartData()
    data.categories = list(bars.categories)
    for each in bars.series:
        data.add_series(each.name, each.values)
    chart = new_chart(paper, box, bars.kind, data, bars.told)
    chart.plots[0].gap_width = GAP
    chart.plots[0].overlap = -8 if len(bars.series) > 1 else 0
    _category_axis(chart, reverse=bars.flat, size=NOTE if len(bars.categories) < 10 else LEAST)
    chart.value_axis.visible = False
    chart.value_axis.has_major_gridlines = False
    chart.value_axis.minimum_scale = 0
    for drawn, each in zip(chart.plots[0].series, bars.series, strict=True):
        _paint_bars(drawn, each)
    show_legend(chart, shown=len(bars.series) > 1)


def new_chart(paper: Paper, box: Box, kind: Any, data: Any, told: str) -> Any:  # noqa: ANN401
    """Add a chart in our type, with a description."""
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
        label_point(drawn.points[index], words, XL_LABEL_POSITION.OUTSIDE_END)


def label_point(point: Any, words: str, position: Any) -> None:  # noqa: ANN401
    """Write a label's words: French decimals, whatever the language of who opens the file."""
    run = point.data_label.text_frame.paragraphs[0].add_run()
    run.text = words
    run.font.size, run.font.bold, run.font.name = Pt(NOTE), True, FONT
    run.font.color.rgb = RGBColor.from_string(INK)
    point.data_label.position = position


def show_legend(chart: Any, *, shown: bool) -> None:  # noqa: ANN401
    """Place the legend above the chart, or have none."""
    chart.has_legend = shown
    if shown:
        chart.legend.position = XL_LEGEND_POSITION.TOP
        chart.legend.include_in_layout = False
        chart.legend.font.size = Pt(NOTE)
