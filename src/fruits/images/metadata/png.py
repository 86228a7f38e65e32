"""A PNG without text, EXIF, profiles, times, private chunks and whatever follows its end.

Kept are the critical chunks and transparency (https://www.w3.org/TR/png-3/#11Chunks). Of an
animated PNG the first picture is left, the only one that the chain looks at.
"""

import zlib
from collections.abc import Iterator
from typing import Final

from fruits.images.metadata.container import BrokenContainer, piece

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})


def strip_png(content: bytes) -> bytes:
    """Return the PNG with nothing but what its pixels need.

    Raises BrokenContainer where a part is not what its own length and checksum say.
    """
    if not content.startswith(SIGNATURE):
        raise BrokenContainer("no PNG signature")
    return SIGNATURE + b"".join(_kept(content))


def _kept(content: bytes) -> Iterator[bytes]:
    position = len(SIGNATURE)
    while position < len(content):
        length = int.from_bytes(piece(content, position, 4), "big")
        kind = piece(content, position + 4, 4)
        chunk = piece(content, position, 12 + length)
        if kind in _KEPT:
            yield _sized(kind, _checked(chunk))
        if kind == b"IEND":
            return
        position += len(chunk)


def _checked(chunk: bytes) -> bytes:
    if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
        raise BrokenContainer(f"the checksum of a {chunk[4:8]!r} chunk is wrong")
    return chunk


def _sized(kind: bytes, chunk: bytes) -> bytes:
    """Cut what some writer has put behind the fields of a header or an end."""
    most = {b"IHDR": 13, b"IEND": 0}.get(kind)
    if most is None or len(chunk) == 12 + most:
        return chunk
    body = kind + chunk[8 : 8 + most]
    return most.to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
