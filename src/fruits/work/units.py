"""Cuts the images to featurise into work units: large ones first, small ones at the end."""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fruits.storage.source import ImageRef

MAX_IMAGES: Final = 512
MIN_IMAGES: Final = 8
TAIL_IMAGES: Final = 32
MAX_BYTES: Final = 32 * 1024 * 1024

PACK_BYTES: Final = range(8 * 1024 * 1024, 128 * 1024 * 1024)
"""The least and the most bytes of images that are packed together into one table file."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Some images that one worker featurises in one go; it carries references, never pixels.

    `replaces` says that older rows of the same paths exist and must go when this unit is committed.
    """

    name: str
    refs: tuple[ImageRef, ...]
    replaces: bool = False

    def pack(self) -> bytes:
        """Compress the unit for its way to a worker (about 20 bytes an image)."""
        rows = [ref.to_row() for ref in self.refs]
        return zlib.compress(json.dumps([self.name, self.replaces, rows]).encode(), level=1)

    @classmethod
    def unpack(cls, packed: bytes) -> "Unit":
        """Read back what `pack` wrote."""
        name, replaces, rows = json.loads(zlib.decompress(packed))
        return cls(name, tuple(ImageRef.from_row(row) for row in rows), replaces)


def cut_units(
    refs: Sequence[ImageRef], *, slots: int, replaces: bool = False, first: int = 0
) -> list[Unit]:
    """Cut `refs` into units whose size follows what is left (guided self-scheduling).

    Each unit takes half of a fair share of the images left, between MIN_IMAGES (TAIL_IMAGES in a
    large job) and MAX_IMAGES, and up to MAX_BYTES, so that 50 images make a handful of units,
    100,000 make some hundreds, and no slot waits long for the last one (Polychronopoulos & Kuck,
    1987, doi:10.1109/TC.1987.5009495).
    """
    # A large job can afford a last unit of some tenths of a second: fewer units, less overhead.
    least = min(max(len(refs) // (32 * max(slots, 1)), MIN_IMAGES), TAIL_IMAGES)
    bounds = _bounds([ref.size for ref in refs], slots, least)
    return [
        Unit(f"{first + index:06d}", tuple(refs[start:stop]), replaces)
        for index, (start, stop) in enumerate(bounds)
    ]


def _bounds(sizes: Sequence[int], slots: int, least: int) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(sizes):
        fair = (len(sizes) - start) // (2 * max(slots, 1))
        limit = min(max(fair, least), MAX_IMAGES, len(sizes) - start)
        stop, total = start + 1, sizes[start]
        while stop < start + limit and total + sizes[stop] <= MAX_BYTES:
            total += sizes[stop]
            stop += 1
        yield start, stop
        start = stop


def cut_packs(
    refs: Sequence[ImageRef], *, slots: int, replaces: bool = False, first: int = 0
) -> list[Unit]:
    """Cut `refs` into units for packing: a table file each, of 128 MB where there are enough.

    Fewer images make a file per slot, of 8 MB at least, so that all cores have one to write.
    """
    share = sum(ref.size for ref in refs) // max(slots, 1)
    target = min(max(share, PACK_BYTES.start), PACK_BYTES.stop)
    units: list[Unit] = []
    start = size = 0
    for stop, ref in enumerate(refs, start=1):
        size += ref.size
        if size >= target or stop == len(refs):
            units.append(Unit(f"{first + len(units):06d}", tuple(refs[start:stop]), replaces))
            start, size = stop, 0
    return units
