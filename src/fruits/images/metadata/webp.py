"""A WebP without EXIF, XMP, its colour profile, unknown chunks and whatever follows its end.

Source of the format: https://developers.google.com/speed/webp/docs/riff_container.
"""

from collections.abc import Iterator
from typing import Final

from fruits.images.metadata.container import BrokenContainer, piece

_PIXELS: Final = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM"})
_METADATA_FLAGS: Final = 0x20 | 0x08 | 0x04
"""Bits of VP8X: a profile, EXIF and XMP follow."""

_FRAME_HEADER, _VP8X_BYTES = 16, 10


def strip_webp(content: bytes) -> bytes:
    """Return the WebP with nothing but what its pixels need; BrokenContainer if it is none."""
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        raise BrokenContainer("no WebP header")
    end = int.from_bytes(content[4:8], "little") + 8
    body = b"".join(_kept(piece(content, 12, end - 12)))
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _kept(chunks: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(chunks):
        kind = piece(chunks, position, 4)
        length = int.from_bytes(piece(chunks, position + 4, 4), "little")
        body = piece(chunks, position + 8, length)
        if kind in _PIXELS:
            yield _chunk(kind, body)
        elif kind == b"VP8X":
            yield _chunk(kind, bytes([body[0] & ~_METADATA_FLAGS]) + body[1:_VP8X_BYTES])
        elif kind == b"ANMF":
            frame = body[:_FRAME_HEADER] + b"".join(_kept(body[_FRAME_HEADER:]))
            yield _chunk(kind, frame)
        position += 8 + length + length % 2


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)
