"""One slide being drawn: texts, panels, arrows and pictures, as native shapes of PowerPoint."""

import io
import re
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Inches, Pt

from presentation.fit import measurable, overflow
from presentation.theme import BODY, FONT, INK, LEAST, LINE, MIST, Box

Align = Literal["left", "centre", "right"]
Anchor = Literal["top", "middle", "bottom"]

_ALIGN: Final = {"left": PP_ALIGN.LEFT, "centre": PP_ALIGN.CENTER, "right": PP_ALIGN.RIGHT}
_ANCHOR: Final = {"top": MSO_ANCHOR.TOP, "middle": MSO_ANCHOR.MIDDLE, "bottom": MSO_ANCHOR.BOTTOM}
_BOLD: Final = re.compile(r"\*\*(.+?)\*\*")


class TooLongError(ValueError):
    """A text does not fit into its box, or would have to be too small."""


@dataclass(frozen=True)
class Type:
    """How a text is set: points, colour as six hex digits, alignment in its box."""

    size: float = BODY
    colour: str = INK
    bold: bool = False
    align: Align = "left"
    anchor: Anchor = "top"
    font: str = FONT
    strong: str | None = None
    """Colour of what is bold within the text, where it is another one."""

    def with_(self, **changes: Any) -> "Type":  # noqa: ANN401
        """Return the same type with some of it changed."""
        return replace(self, **changes)


class Paper:
    """A slide of python-pptx, and what can be drawn on it."""

    def __init__(self, slide: Any, name: str) -> None:  # noqa: ANN401
        self.slide = slide
        self.name = name

    def text(self, box: Box, words: str, kind: Type) -> Any:  # noqa: ANN401
        """Write words into a box; `**so**` is bold. TooLongError where they do not fit."""
        check_fit(words, box, kind, where=self.name)
        shape = self.slide.shapes.add_textbox(*emu(box))
        write(shape.text_frame, words, kind)
        return shape

    def panel(
        self, box: Box, fill: str | None = MIST, *, line: str | None = None, radius: float = 0.1
    ) -> Any:  # noqa: ANN401
        """Draw a rectangle whose corners have a radius in inches; without a fill it is a frame."""
        form = MSO_SHAPE.ROUNDED_RECTANGLE if radius else MSO_SHAPE.RECTANGLE
        shape = self.slide.shapes.add_shape(form, *emu(box))
        if radius:
            shape.adjustments[0] = min(0.5, radius / min(box.w, box.h))
        paint(shape, fill, line)
        return shape

    def label(
        self, box: Box, words: str, kind: Type, fill: str, *, line: str | None = None
    ) -> None:
        """Draw a panel with words in its middle."""
        shape = self.panel(box, fill, line=line)
        inside = box.inset(0.08, 0.04)
        check_fit(words, inside, kind, where=self.name)
        write(shape.text_frame, words, kind.with_(anchor="middle"), margins=(0.08, 0.04))

    def pill(self, box: Box, words: str, kind: Type, fill: str) -> None:
        """Draw words on a panel with round ends."""
        check_fit(words, box.inset(0.08, 0.02), kind, where=self.name)
        shape = self.panel(box, fill, radius=box.h / 2)
        write(shape.text_frame, words, kind.with_(anchor="middle", align="centre"))

    def arrow(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        colour: str = INK,
        *,
        width: float = 2.0,
        dashed: bool = False,
    ) -> Any:  # noqa: ANN401
        """Draw a straight line between two points in inches, with a head at its end."""
        ends = [Inches(value) for value in (*start, *end)]
        line = self.slide.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, *ends)
        drop_style(line)
        line.line.color.rgb = RGBColor.from_string(colour)
        line.line.width = Pt(width)
        properties = line.line._get_or_add_ln()
        if dashed:
            properties.append(parse_xml(f'<a:prstDash {nsdecls("a")} val="dash"/>'))
        tail = f'<a:tailEnd {nsdecls("a")} type="triangle" w="med" len="med"/>'
        properties.append(parse_xml(tail))
        return line

    def rule(self, box: Box, colour: str = LINE) -> None:
        """Draw a thin bar."""
        self.panel(box, colour, radius=0)

    def picture(self, box: Box, content: bytes, told: str) -> Any:  # noqa: ANN401
        """Place a picture; `told` is what it shows, for those who do not see it."""
        shape = self.slide.shapes.add_picture(io.BytesIO(content), *emu(box))
        tell(shape, told)
        return shape


def emu(box: Box) -> tuple[int, int, int, int]:
    """Return a box in the units of the file."""
    return Inches(box.x), Inches(box.y), Inches(box.w), Inches(box.h)


def paint(shape: Any, fill: str | None, line: str | None) -> None:  # noqa: ANN401
    """Give a shape a plain fill and line, and none of the theme's shadows."""
    drop_style(shape)
    if fill:
        shape.fill.solid()
        shape.fill.fore_color.rgb = RGBColor.from_string(fill)
    else:
        shape.fill.background()
    if line:
        shape.line.color.rgb = RGBColor.from_string(line)
        shape.line.width = Pt(1.25)
    else:
        shape.line.fill.background()


def drop_style(shape: Any) -> None:  # noqa: ANN401
    """Take a shape's reference to the theme away, which would give it a shadow."""
    if (style := shape._element.find(qn("p:style"))) is not None:
        shape._element.remove(style)


def tell(shape: Any, words: str) -> None:  # noqa: ANN401
    """Say in words what a shape shows, where screen readers look for it."""
    shape._element.xpath(".//p:cNvPr")[0].set("descr", words)


def check_fit(words: str, box: Box, kind: Type, *, where: str) -> None:
    """Raise TooLongError for type that is too small, or for words that do not fit."""
    plain = _BOLD.sub(r"\1", words)
    if kind.size < LEAST:
        raise TooLongError(f"{where}: {plain!r} in {kind.size} points, less than {LEAST}")
    if not measurable():
        return
    bold = kind.bold or "**" in words
    if found := overflow(plain, box, font=kind.font, size=kind.size, bold=bold):
        raise TooLongError(f"{where}: {plain!r} in {kind.size} points is {found}")


def write(
    frame: Any,  # noqa: ANN401
    words: str,
    kind: Type,
    *,
    margins: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Set words in a text frame: paragraphs by line, bold between two stars."""
    frame.word_wrap = True
    frame.vertical_anchor = _ANCHOR[kind.anchor]
    frame.margin_left = frame.margin_right = Inches(margins[0])
    frame.margin_top = frame.margin_bottom = Inches(margins[1])
    for number, line in enumerate(words.split("\n")):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.alignment = _ALIGN[kind.align]
        for turn, piece in enumerate(_BOLD.split(line)):
            if piece:
                strong = turn % 2 == 1
                colour = kind.strong if strong and kind.strong else kind.colour
                here = kind.with_(colour=colour, bold=kind.bold or strong)
                set_run(paragraph.add_run(), piece, here)


def set_run(run: Any, words: str, kind: Type) -> None:  # noqa: ANN401
    """Set one run of words: font for Latin and for all other letters, size, colour, French."""
    run.text = words
    run.font.name = kind.font
    run.font.size = Pt(kind.size)
    run.font.bold = kind.bold
    run.font.color.rgb = RGBColor.from_string(kind.colour)
    run._r.get_or_add_rPr().set("lang", "fr-FR")
