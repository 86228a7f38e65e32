"""A JPEG without its APP and COM segments, embedded thumbnails and whatever follows its end.

Kept is what decoding needs (ITU-T T.81, table B.1), JFIF's header without its thumbnail, and
Adobe's segment, which says how the colours are coded.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from fruits.images.metadata.container import BrokenContainer, piece

_EOI, _SOS, _COM = 0xD9, 0xDA, 0xFE
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_HUFFMAN, _ARITHMETIC, _QUANTISATION, _LINES, _RESTARTS = 0xC4, 0xCC, 0xDB, 0xDC, 0xDD
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {_HUFFMAN, 0xC8, _ARITHMETIC})

_JFIF, _ADOBE = b"JFIF\0", b"Adobe"
_JFIF_BYTES, _ADOBE_BYTES = 14, 12

_NEXT_MARKER: Final = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
"""In coded data FF 00 is a byte and FF D0 to D7 a restart; anything else is a marker."""


def strip_jpeg(content: bytes) -> bytes:
    """Return the JPEG with nothing but what its pixels need.

    Abbreviated streams, as TIFF holds them, are JPEGs too. Raises BrokenContainer where a part is
    not what its own length says.
    """
    if not content.startswith(b"\xff\xd8"):
        raise BrokenContainer("no start of image")
    return b"\xff\xd8" + b"".join(_kept(content))


def _kept(content: bytes) -> Iterator[bytes]:
    position = 2
    while position < len(content):
        marker, position = _marker(content, position)
        if marker == _EOI:
            yield b"\xff\xd9"
            return
        if marker in _ALONE:
            continue
        segment = piece(content, position, int.from_bytes(content[position : position + 2], "big"))
        if len(segment) < 2:
            raise BrokenContainer("a segment without its length")
        position += len(segment)
        yield _segment(marker, segment[2:])
        if marker == _SOS:
            end = _end_of_scan(content, position)
            yield content[position:end]
            position = end


def _marker(content: bytes, position: int) -> tuple[int, int]:
    """Return the marker at `position`, past any fill bytes, and where its segment starts."""
    start = position
    while content[position : position + 1] == b"\xff":
        position += 1
    if position == start or position >= len(content):
        raise BrokenContainer(f"no marker at {start}")
    return content[position], position + 1


def _end_of_scan(content: bytes, position: int) -> int:
    found = _NEXT_MARKER.search(content, position)
    return found.start() if found else len(content)


def _segment(marker: int, body: bytes) -> bytes:
    """Return a segment as it is to be kept, nothing if it is not."""
    if marker == 0xE0 and body.startswith(_JFIF) and len(body) >= _JFIF_BYTES:
        body = body[: _JFIF_BYTES - 2] + b"\0\0"  # a thumbnail of 0 × 0 pixels
    elif marker == 0xEE and body.startswith(_ADOBE):
        body = body[:_ADOBE_BYTES]
    elif 0xE0 <= marker <= 0xEF or marker == _COM:
        return b""
    elif not _is_sound(marker, body):
        raise BrokenContainer(f"a segment {marker:#04x} of {len(body)} bytes")
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def _is_sound(marker: int, body: bytes) -> bool:
    """Tell whether a segment holds as many numbers as it says, and so no text behind them."""
    if marker in _FRAMES:
        return len(body) >= 6 and len(body) == 6 + 3 * body[5]
    if marker == _SOS:
        return len(body) >= 1 and len(body) == 4 + 2 * body[0]
    if marker == _HUFFMAN:
        return _counts(body, lambda rest: 17 + sum(rest[1:17]))
    if marker == _QUANTISATION:
        return _counts(body, lambda rest: 129 if rest[0] >> 4 else 65)
    if marker == _ARITHMETIC:
        return len(body) % 2 == 0
    return marker in (_LINES, _RESTARTS) and len(body) == 2


def _counts(body: bytes, length: Callable[[bytes], int]) -> bool:
    """Walk over tables, each of a length that its first bytes give; tell whether they fill all."""
    while body:
        wanted = length(body)
        if wanted > len(body):
            return False
        body = body[wanted:]
    return True
