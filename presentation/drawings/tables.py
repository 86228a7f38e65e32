"""Tables of PowerPoint, plain: a header, thin rules, columns of given widths."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Inches

from presentation.paper import Paper, emu, tell
from presentation.setting import Align, Type, check_fit, write
from presentation.theme import (
    BODY,
    FOREST,
    INK,
    LINE,
    PAPER,
    Box,
)

PAD = (0.12, 0.05)


@dataclass(frozen=True)
class Columns:
    """Widths as shares of the table; `right` are columns of numbers, `strong` is a bold one."""

    widths: Sequence[float]
    right: Sequence[int] = ()
    strong: int = 0

    def kind(self, row: int, column: int) -> Type:
        """How a cell is set; row 0 is the header."""
        bold = row == 0 or column == self.strong
        colour = PAPER if row == 0 else FOREST if bold else INK
        align: Align = "right" if column in self.right else "left"
        return Type(BODY, colour, bold=bold, align=align, anchor="middle")


def draw_table(paper: Paper, box: Box, rows: Sequence[Sequence[str]], columns: Columns) -> None:
    """Draw rows, the first being the header; TooLongError where a cell's words do not fit."""
    frame = paper.slide.shapes.add_table(len(rows), len(columns.widths), *emu(box))
    tell(frame, " / ".join(rows[0]))
    drawn, height = frame.table, box.h / len(rows)
    drawn.horz_banding = False
    _drop_style(frame)
    widths = [box.w * share / sum(columns.widths) for share in columns.widths]
    for index, width in enumerate(widths):
        drawn.columns[index].width = Inches(width)
    for number, row in enumerate(rows):
        drawn.rows[number].height = Inches(height)
        for index, words in enumerate(row):
            kind = columns.kind(number, index)
            inside = Box(0, 0, widths[index] - 2 * PAD[0], height - PAD[1])
            check_fit(words, inside, kind, where=paper.name)
            _cell(drawn.cell(number, index), words, kind, header=number == 0)


def _drop_style(frame: Any) -> None:  # noqa: ANN401
    """Take the style that has no lines and no colours: ours are set cell by cell."""
    style = frame._element.graphic.graphicData.tbl.tblPr.find(
        "{http://schemas.openxmlformats.org/drawingml/2006/main}tableStyleId"
    )
    style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"


def _cell(cell: Any, words: str, kind: Type, *, header: bool) -> None:  # noqa: ANN401
    cell.fill.solid()
    cell.fill.fore_color.rgb = RGBColor.from_string(FOREST if header else PAPER)
    write(cell.text_frame, words, kind)
    cell.margin_left = cell.margin_right = Inches(PAD[0])
    cell.margin_top = cell.margin_bottom = Inches(PAD[1] / 2)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    properties = cell._tc.get_or_add_tcPr()
    line = (f'<a:lnB {nsdecls("a")} w="12700"><a:solidFill><a:srgbClr val="{LINE}"/>'
            "</a:solidFill></a:lnB>")  # fmt: skip
    properties.insert(0, parse_xml(line))
