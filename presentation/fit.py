"""Whether a text fits into its box: its words are measured with the font that the PDF will use."""

from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import ImageFont

from presentation.theme import LINE_HEIGHT, MONO, Box

FOLDERS: Final = (
    Path("/usr/share/fonts/truetype/liberation"),
    Path("/usr/share/fonts/truetype/liberation2"),
    Path("/usr/share/fonts/liberation"),
)
MARGIN: Final = 0.03
"""Inches by which another office program may set a line wider."""
_SCALE: Final = 20
"""Fonts are measured at this many pixels per point: widths are hinted less."""


def measurable() -> bool:
    """Tell whether the fonts are there."""
    return any(folder.is_dir() for folder in FOLDERS)


@lru_cache(maxsize=64)
def _font(font: str, size: float, bold: bool) -> ImageFont.FreeTypeFont:
    family = "LiberationMono" if font == MONO else "LiberationSans"
    [folder] = [each for each in FOLDERS if each.is_dir()][:1]
    file = folder / f"{family}-{'Bold' if bold else 'Regular'}.ttf"
    return ImageFont.truetype(str(file), round(size * _SCALE))


def width_of(text: str, *, font: str, size: float, bold: bool) -> float:
    """Return how wide a line is, in inches."""
    return float(_font(font, size, bold).getlength(text)) / _SCALE / 72


def lines_of(text: str, width: float, *, font: str, size: float, bold: bool) -> list[str]:
    """Break a text as an office program does: at spaces, never at no-break ones."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and width_of(longer, font=font, size=size, bold=bold) > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines


def overflow(text: str, box: Box, *, font: str, size: float, bold: bool) -> str | None:
    """Return what is too large, None where the text fits. `text` has no markup."""
    lines = lines_of(text, box.w - MARGIN, font=font, size=size, bold=bold)
    widest = max(width_of(line, font=font, size=size, bold=bold) for line in lines)
    height = len(lines) * size * LINE_HEIGHT / 72
    if widest > box.w - MARGIN or (font == MONO and len(lines) > text.count("\n") + 1):
        return f"{widest:.2f} in wide, in {box.w:.2f}"
    if height > box.h + 0.05:
        return f"{len(lines)} lines, {height:.2f} in high, in {box.h:.2f}"
    return None
