"""Many small pictures in a few large ones, so that a page of thousands stays light."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from PIL import Image

from fruits.report.page.photos import SIDE, Square

COLUMNS: Final = 16
PER_SHEET: Final = COLUMNS * COLUMNS
_QUALITY: Final = 72


@dataclass
class Album:
    """Sheets of up to 256 squares (WebP), and the cell of each path: sheet × 256 + place in it."""

    sheets: list[bytes] = field(default_factory=list)
    cells: dict[str, int] = field(default_factory=dict)

    def cell(self, path: str) -> int | None:
        """Return the cell of a path's picture, None if it has none."""
        return self.cells.get(path)


def make_album(paths: Iterable[str], squares: Mapping[str, Square], *, most_bytes: int) -> Album:
    """Put the squares of `paths` into sheets, in this order, until they take `most_bytes`.

    A sheet that would go beyond is left out, unless it is the first.
    """
    album, taken = Album(), 0
    shown = [path for path in dict.fromkeys(paths) if path in squares]
    for start in range(0, len(shown), PER_SHEET):
        names = shown[start : start + PER_SHEET]
        sheet = _draw([squares[name] for name in names])
        taken += len(sheet)
        if album.sheets and taken > most_bytes:
            break
        album.sheets.append(sheet)
        album.cells |= {name: start + place for place, name in enumerate(names)}
    return album


def _draw(squares: list[Square]) -> bytes:
    rows = -(-len(squares) // COLUMNS)
    sheet = np.full((rows * SIDE, COLUMNS * SIDE, 3), 255, np.uint8)
    for place, square in enumerate(squares):
        top, left = place // COLUMNS * SIDE, place % COLUMNS * SIDE
        sheet[top : top + SIDE, left : left + SIDE] = square
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "WEBP", quality=_QUALITY, method=4)
    return file.getvalue()
