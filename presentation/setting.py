"""How texts are set: their type, whether they fit, and their runs in a text frame."""

import re
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Inches, Pt

from presentation.fit import measurable, overflow
from presentation.theme import BODY, FONT, INK, LEAST, Box

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
