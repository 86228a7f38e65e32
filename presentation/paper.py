"""One slide being drawn: texts, panels, arrows and pictures, as native shapes of PowerPoint."""

import io
from typing import Any

from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Inches, Pt

from presentation.setting import Type, check_fit, write
from presentation.theme import INK, LINE, MIST, Box


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
