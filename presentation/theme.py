"""Colours, type and the grid of the deck: every slide takes its sizes from here."""

from typing import Final, NamedTuple

WIDTH: Final = 13.333
HEIGHT: Final = 7.5
"""Inches: 16:9."""

FONT: Final = "Arial"
"""PowerPoint has it; LibreOffice draws Liberation Sans, whose letters are as wide."""
MONO: Final = "Courier New"
"""Likewise Liberation Mono."""

INK: Final = "1E2F27"
MUTED: Final = "5A6A61"
PAPER: Final = "FFFFFF"
MIST: Final = "F1F4EE"
LINE: Final = "CBD5CC"
LEAF: Final = "2E7D4F"
LEAF_PALE: Final = "DDEEDF"
FOREST: Final = "14402B"
FRUIT: Final = "D9572B"
FRUIT_PALE: Final = "FBE6DC"
HONEY: Final = "E3A51A"
HONEY_PALE: Final = "F9E9BF"
STONE: Final = "9AA79E"
NIGHT: Final = "1B2A23"
DEW: Final = "CFE3D4"
"""The ground of code, and words on FOREST."""

TITLE: Final = 28.0
LARGE: Final = 44.0
HEAD: Final = 19.0
BODY: Final = 17.0
NOTE: Final = 14.0
CODE: Final = 15.0
LEAST: Final = 12.0
"""Points; nothing on a slide is smaller than LEAST."""

LINE_HEIGHT: Final = 1.17
"""Of a line of text, in sizes of the type."""

MARGIN: Final = 0.6
TOP: Final = 1.48
"""Where what stands below the title begins."""
BOTTOM: Final = 6.82
"""Where the foot begins."""
INSIDE: Final = WIDTH - 2 * MARGIN


class Box(NamedTuple):
    """A rectangle on the slide, in inches: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    def inset(self, by: float, and_by: float | None = None) -> "Box":
        """Return the rectangle less a margin, or less one at the sides and one above and below."""
        other = by if and_by is None else and_by
        return Box(self.x + by, self.y + other, self.w - 2 * by, self.h - 2 * other)

    def columns(self, count: int, gap: float = 0.25) -> list["Box"]:
        """Cut it into columns of one width."""
        width = (self.w - gap * (count - 1)) / count
        return [Box(self.x + i * (width + gap), self.y, width, self.h) for i in range(count)]

    def rows(self, count: int, gap: float = 0.2) -> list["Box"]:
        """Cut it into rows of one height."""
        height = (self.h - gap * (count - 1)) / count
        return [Box(self.x, self.y + i * (height + gap), self.w, height) for i in range(count)]

    def left(self, width: float) -> "Box":
        """Return its left part."""
        return Box(self.x, self.y, width, self.h)

    def right(self, width: float) -> "Box":
        """Return its right part."""
        return Box(self.x + self.w - width, self.y, width, self.h)

    def top(self, height: float) -> "Box":
        """Return its upper part."""
        return Box(self.x, self.y, self.w, height)

    def bottom(self, height: float) -> "Box":
        """Return its lower part."""
        return Box(self.x, self.y + self.h - height, self.w, height)


FIELD: Final = Box(MARGIN, TOP, INSIDE, BOTTOM - TOP)
"""All that a slide has below its title."""
