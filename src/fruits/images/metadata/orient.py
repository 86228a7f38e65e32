"""Gives a stripped image its orientation back while it is read: an EXIF of one number, no more."""

import struct
import zlib
from typing import Final

from fruits.images.formats import sniff
from fruits.images.metadata.png import SIGNATURE

_VP8X_EXIF: Final = 0x08
_IHDR_END: Final = len(SIGNATURE) + 25


def with_orientation(content: bytes, orientation: int) -> bytes:
    """Return the image with an EXIF that says how to turn it (1 to 8) and nothing else.

    For what `strip` left of a JPEG, PNG or WebP; a TIFF keeps the number in its own directory, and
    other formats have none. The decoders then do what they would have done with the original.
    """
    if orientation == 1:
        return content
    exif = _exif(orientation)
    match sniff(content):
        case "jpeg":
            segment = b"Exif\0\0" + exif
            return (
                content[:2]
                + b"\xff\xe1"
                + struct.pack(">H", len(segment) + 2)
                + segment
                + content[2:]
            )
        case "png":
            chunk = b"eXIf" + exif
            crc = struct.pack(">I", zlib.crc32(chunk))
            added = struct.pack(">I", len(exif)) + chunk + crc
            return content[:_IHDR_END] + added + content[_IHDR_END:]
        case "webp" if content[12:16] == b"VP8X":
            chunk = b"EXIF" + struct.pack("<I", len(exif)) + exif
            size = struct.pack("<I", len(content) - 8 + len(chunk))
            flags = bytes([content[20] | _VP8X_EXIF])
            return b"RIFF" + size + content[8:20] + flags + content[21:] + chunk
    return content


def _exif(orientation: int) -> bytes:
    """Write a TIFF directory of one entry: tag 0x0112, one SHORT (CIPA DC-008)."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)
