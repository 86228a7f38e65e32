"""A TIFF with its first picture and the tags that decode it, and nothing else of its file.

Sources: TIFF 6.0 (https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf), BigTIFF
(https://www.awaresystems.be/imaging/tiff/bigtiff.html). EXIF, GPS, XMP, IPTC, Photoshop blocks,
names, dates, thumbnails and further pages are tags and directories of their own, and stay behind.
"""

import struct
from typing import Final, NamedTuple

from fruits.images.metadata.container import BrokenContainer, piece
from fruits.images.metadata.jpeg import strip_jpeg

_NEEDED: Final = frozenset({
    256, 257, 258, 259, 262, 266, 274, 277, 278, 284, 292, 293, 317, 320, 332, 338, 339, 530, 532,
})  # fmt: skip
"""Size, samples, compression, colours, orientation, rows, predictor: no tag of text."""

_COMPRESSION, _JPEG_TABLES, _OLD_JPEG, _NEW_JPEG = 259, 347, 6, 7
_PLACES: Final = ((273, 279), (324, 325))
"""Tags of offsets and lengths: of strips, and of tiles."""

_BYTES: Final = {1: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8, 17: 8}
_INTEGERS: Final = {1: "B", 3: "H", 4: "I", 16: "Q"}
_MOST_ENTRIES: Final = 4096


class Layout(NamedTuple):
    """The file's byte order ("<" or ">") and the widths of its counts and offsets."""

    order: str
    tally: str
    number: str

    @property
    def inline(self) -> int:
        """Bytes that fit into an entry itself."""
        return struct.calcsize(self.number)


class Entry(NamedTuple):
    """A tag's type, how many values it has, and their bytes."""

    kind: int
    values: int
    data: bytes


CLASSIC, BIG = ("H", "I"), ("Q", "Q")


def strip_tiff(content: bytes) -> bytes:
    """Return the TIFF with nothing but what its pixels need; BrokenContainer if that is unclear.

    Old-style JPEG in TIFF, whose parts lie where its tags do not say, is not taken apart.
    """
    layout, first = _header(content)
    entries = _entries(content, layout, first)
    method = _integers(layout, entries.get(_COMPRESSION))
    if method == [_OLD_JPEG]:
        raise BrokenContainer("old-style JPEG in TIFF")
    offsets_tag, lengths_tag = _places(entries)
    blocks = _blocks(content, layout, entries, offsets_tag, lengths_tag)
    kept = {tag: entry for tag, entry in entries.items() if tag in _NEEDED}
    for tag in (322, 323) if offsets_tag == 324 else ():
        kept[tag] = entries[tag]
    if method == [_NEW_JPEG]:
        blocks = [strip_jpeg(block) for block in blocks]
        if _JPEG_TABLES in entries:
            tables = strip_jpeg(entries[_JPEG_TABLES].data)
            kept[_JPEG_TABLES] = Entry(7, len(tables), tables)
    return _write(layout, kept, blocks, (offsets_tag, lengths_tag))


def _header(content: bytes) -> tuple[Layout, int]:
    order = {b"II": "<", b"MM": ">"}.get(content[:2])
    if order is None:
        raise BrokenContainer("no TIFF header")
    version = struct.unpack(f"{order}H", piece(content, 2, 2))[0]
    if version == 42:
        return Layout(order, *CLASSIC), struct.unpack(f"{order}I", piece(content, 4, 4))[0]
    if version == 43:
        return Layout(order, *BIG), struct.unpack(f"{order}Q", piece(content, 8, 8))[0]
    raise BrokenContainer(f"TIFF of version {version}")


def _entries(content: bytes, layout: Layout, position: int) -> dict[int, Entry]:
    """Read a directory."""
    order, tally, number = layout
    width = struct.calcsize(tally)
    many = struct.unpack(order + tally, piece(content, position, width))[0]
    if many > _MOST_ENTRIES:
        raise BrokenContainer(f"a directory of {many} entries")
    size = 4 + 2 * layout.inline
    found = {}
    for index in range(many):
        raw = piece(content, position + width + index * size, size)
        tag, kind, values = struct.unpack_from(f"{order}HH{number}", raw)
        length = _BYTES.get(kind, 0) * values
        data = raw[4 + layout.inline :][:length]
        if length > layout.inline:
            place = struct.unpack(order + number, raw[4 + layout.inline :])[0]
            data = piece(content, place, length) if _is_kept(tag) else b""
        found[tag] = Entry(kind, values, data)
    return found


def _is_kept(tag: int) -> bool:
    return tag in _NEEDED or tag in (322, 323, _JPEG_TABLES) or any(tag in p for p in _PLACES)


def _integers(layout: Layout, entry: Entry | None) -> list[int]:
    if entry is None:
        return []
    letter = _INTEGERS.get(entry.kind)
    if letter is None:
        raise BrokenContainer(f"type {entry.kind} where a whole number belongs")
    return list(struct.unpack(f"{layout.order}{entry.values}{letter}", entry.data))


def _places(entries: dict[int, Entry]) -> tuple[int, int]:
    found = [places for places in _PLACES if set(places) <= entries.keys()]
    if len(found) != 1:
        raise BrokenContainer("neither strips nor tiles, or both")
    return found[0]


def _blocks(
    content: bytes, layout: Layout, entries: dict[int, Entry], offsets: int, lengths: int
) -> list[bytes]:
    starts, sizes = (_integers(layout, entries[tag]) for tag in (offsets, lengths))
    if len(starts) != len(sizes) or sum(sizes) > len(content):
        raise BrokenContainer("blocks that the file cannot hold")
    return [piece(content, start, size) for start, size in zip(starts, sizes, strict=True)]


def _write(
    layout: Layout, kept: dict[int, Entry], blocks: list[bytes], places: tuple[int, int]
) -> bytes:
    """Write header, directory, the values that do not fit into it, and the blocks."""
    order, tally, number = layout
    kind = {"I": 4, "Q": 16}[number]
    sizes = struct.pack(f"{order}{len(blocks)}{number}", *map(len, blocks))
    entries = kept | {tag: Entry(kind, len(blocks), sizes) for tag in places}
    start = 8 if number == "I" else 16
    room = start + struct.calcsize(tally) + len(entries) * (4 + 2 * layout.inline) + layout.inline
    spilled = sum(len(e.data) for e in entries.values() if len(e.data) > layout.inline)
    first = room + spilled
    ends = [first]
    for block in blocks:
        ends.append(ends[-1] + len(block))
    if ends[-1] >= 2 ** (8 * layout.inline):
        raise BrokenContainer("too large for its offsets")
    entries[places[0]] = Entry(
        kind, len(blocks), struct.pack(f"{order}{len(blocks)}{number}", *ends[:-1])
    )
    directory, values = struct.pack(order + tally, len(entries)), b""
    for tag in sorted(entries):
        entry = entries[tag]
        head = struct.pack(f"{order}HH{number}", tag, entry.kind, entry.values)
        if len(entry.data) > layout.inline:
            directory += head + struct.pack(order + number, room + len(values))
            values += entry.data
        else:
            directory += head + entry.data.ljust(layout.inline, b"\0")
    magic = {"<": b"II", ">": b"MM"}[order]
    classic = struct.pack(f"{order}HI", 42, 8)
    big = struct.pack(f"{order}HHHQ", 43, 8, 0, 16)
    header = magic + (classic if number == "I" else big)
    return header + directory + bytes(layout.inline) + values + b"".join(blocks)
