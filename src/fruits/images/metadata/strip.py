"""An image file without its metadata: the same pixels, and its orientation as a number."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from PIL import Image

from fruits.images.decode import decode
from fruits.images.formats import Format, sniff
from fruits.images.metadata.container import BrokenContainer
from fruits.images.metadata.jpeg import strip_jpeg
from fruits.images.metadata.png import strip_png
from fruits.images.metadata.tiff import strip_tiff
from fruits.images.metadata.webp import strip_webp
from fruits.images.orientation import file_orientation

STRIPPERS: Final[Mapping[Format, Callable[[bytes], bytes]]] = {
    "jpeg": strip_jpeg,
    "png": strip_png,
    "webp": strip_webp,
    "tiff": strip_tiff,
}

UPRIGHT: Final = 1


@dataclass(frozen=True)
class Stripped:
    """An image file's bytes without metadata, and how it is to be turned (EXIF's 1 to 8).

    `exact` tells that its pixels are coded as they were; else they were decoded and written as PNG,
    upright.
    """

    content: bytes
    orientation: int
    exact: bool


def strip(content: bytes) -> Stripped:
    """Take the metadata out of an image file, and make sure that what is left is an image.

    GIF and BMP, which lose nothing by it, and files whose parts are not where they should be, but
    which a decoder reads nevertheless, are written anew as PNG. Raises Undecodable where no decoder
    can read the file: what is no image cannot be kept without what it may say.
    """
    kind = sniff(content)
    try:
        if kind is not None and kind in STRIPPERS:
            stripped = STRIPPERS[kind](content)
            decode(stripped, shrink=_quickly)
            return Stripped(stripped, file_orientation(content, kind), exact=True)
    except BrokenContainer:
        pass
    return Stripped(_as_png(content), UPRIGHT, exact=False)


def _quickly(_height: int, _width: int) -> int:
    """Shrink to an eighth: all data are read and checked, few pixels are made."""
    return 8


def _in_full(_height: int, _width: int) -> int:
    return 1


def _as_png(content: bytes) -> bytes:
    pixels = decode(content, shrink=_in_full).pixels
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
