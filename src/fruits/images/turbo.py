"""JPEG bytes become upright RGB pixels, by libjpeg-turbo, shrunk where that loses nothing."""

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from fruits.images.decoded import Decoded
from fruits.images.framing import Shrink
from fruits.images.orientation import jpeg_orientation, upright, upright_size
from fruits.images.rejects import Undecodable, check_pixel_count

MAX_SCANS = 100
# A start-of-scan marker with the first byte of its length, which is always 0: chance hits in what
# cameras append to a photo stay rare.
_SCAN = b"\xff\xda\x00"

_FOUR_CHANNELS = ("CMYK", "YCCK")
_CUT = "premature end"
_DAMAGE = ("bad Huffman code", "bad arithmetic code", "instead of RST", "Inconsistent progression")
"""What libjpeg says (jerror.h) of data that it can only guess at, and would fill with noise."""


class NotForTurbo(Exception):  # noqa: N818  (a decision, not an error: `decode` asks Pillow then)
    """Libjpeg-turbo cannot decode this JPEG as Pillow would: another decoder must."""


def decode_jpeg(content: bytes, *, shrink: Shrink) -> Decoded:
    """Decode a JPEG to the same pixels as Pillow (slow integer DCT, smooth upsampling).

    Raises:
        Undecodable: the image is too large, or its data stop or break off before the last pixel.
        NotForTurbo: anything else that is not a plain grey, YCbCr or RGB JPEG.

    """
    height, width, space = _header(content)
    check_pixel_count(height, width)
    _check_scans(content)
    orientation = jpeg_orientation(content)
    size = upright_size(height, width, orientation)
    factor = shrink(*size)
    pixels = _strict(content, height=-(-height // factor), width=-(-width // factor), factor=factor)
    if space in _FOUR_CHANNELS:  # decoded once nevertheless: only here is the end of data checked
        raise NotForTurbo(f"{space}: Pillow's conversion to RGB is the reference")
    decoder = "turbo" if factor == 1 else f"turbo-1/{factor}"
    return Decoded(upright(pixels, orientation), size, decoder)


def _check_scans(content: bytes) -> None:
    """Refuse what would keep a worker busy for minutes: each scan passes over all pixels again.

    Encoders write ten scans, a valid file may have thousands: 1 MB of them took 87 s to decode.
    """
    scans = content.count(_SCAN)
    if scans > MAX_SCANS:
        raise Undecodable("corrupt", f"{scans} progressive scans; the limit is {MAX_SCANS}")


def _header(content: bytes) -> tuple[int, int, str]:
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(content)
    except ValueError as exc:
        raise NotForTurbo(str(exc)) from exc
    return height, width, space


def _strict(content: bytes, *, height: int, width: int, factor: int) -> NDArray[np.uint8]:
    """Decode to exactly 1/factor, treating every warning of libjpeg as an error."""
    try:
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(
            content, "RGB", min_height=height, min_width=width, min_factor=factor, strict=True
        )
    except ValueError as exc:
        message = str(exc)
        if _CUT in message.lower():
            raise Undecodable("truncated", message) from exc
        if any(damage in message for damage in _DAMAGE):
            raise Undecodable("corrupt", message) from exc
        raise NotForTurbo(message) from exc
    return pixels
