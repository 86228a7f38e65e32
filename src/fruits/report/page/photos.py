"""The photos that the page shows, as small squares without any metadata."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fruits.errors import FruitsError
from fruits.images.prepare import Prepared, prepare
from fruits.images.salvage import salvage
from fruits.storage.folder import FolderSource
from fruits.storage.source import ImageRef, Source, open_source

SIDE: Final = 64
Square = NDArray[np.uint8]
"""uint8[64, 64, 3], RGB."""


def read_squares(uri: str, paths: Sequence[str], *, damaged: Collection[str]) -> dict[str, Square]:
    """Read images and cut a square out of the middle of each; what cannot be had is left out.

    Of `damaged` ones, what can still be seen. Nothing is raised where the input is gone: the page
    is worth reading without pictures.
    """
    try:
        source = open_source(uri)
        refs = list(_refs(source, set(paths)))
    except (FruitsError, OSError):
        return {}
    work = partial(_square, source, frozenset(damaged))
    with ThreadPoolExecutor(source.reading.threads, thread_name_prefix="fruits-look") as pool:
        squares = pool.map(work, refs)
        return {
            ref.path: square
            for ref, square in zip(refs, squares, strict=True)
            if square is not None
        }


def _refs(source: Source, wanted: set[str]) -> Iterator[ImageRef]:
    """Find images: in a folder by their paths alone, in an archive or packed store by its list."""
    if isinstance(source, FolderSource):
        yield from (ImageRef(path, 0, None, "") for path in sorted(wanted))
        return
    for page in source.pages():
        yield from (ref for ref in page if ref.path in wanted)


def _square(source: Source, damaged: frozenset[str], ref: ImageRef) -> Square | None:
    try:
        content = source.read(ref)
    except (OSError, ValueError):
        return None
    if ref.path in damaged:
        return salvage(content, side=SIDE)
    prepared = prepare(content, size=(SIDE, SIDE), fit="crop")
    return prepared.pixels if isinstance(prepared, Prepared) else None
