"""Counts the pages of a PDF: a whole library would be a lot for one number."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_OBJECT: Final = re.compile(rb"\b\d+\s+\d+\s+obj\b(.*?)endobj\b", re.DOTALL)
_STREAM: Final = re.compile(rb"\bstream\r?\n(.*)endstream\b", re.DOTALL)
_PACKED: Final = re.compile(rb"/Type\s*/ObjStm\b")
_TREE: Final = re.compile(rb"/Type\s*/Pages\b")
_COUNT: Final = re.compile(rb"/Count\s+(\d+)")
_FIRST: Final = re.compile(rb"/First\s+(\d+)")
_ENCRYPTED: Final = re.compile(rb"/Encrypt\s+\d+\s+\d+\s+R")


def count_pages(path: Path) -> int:
    """Return what the root of the page tree says (ISO 32000-1, 7.7.3.2).

    That is the one without a parent; a file that was saved again has several, and the last one
    counts. Raises ValueError for what is no PDF, is encrypted, or has no such root.
    """
    content = path.read_bytes()
    if not content.startswith(b"%PDF-"):
        raise ValueError("it does not begin like a PDF")
    if b"%%EOF" not in content[-2048:]:
        raise ValueError("it is cut short")
    if _ENCRYPTED.search(content):
        raise ValueError("it is encrypted")
    counts = [_COUNT.search(item) for item in _dictionaries(content) if _is_root(item)]
    if not counts or (last := counts[-1]) is None:
        raise ValueError("it has no page tree that could be read")
    return int(last[1])


def _dictionaries(content: bytes) -> Iterator[bytes]:
    """Yield what every object says of itself, in the order of the file, streams left out."""
    for found in _OBJECT.finditer(content):
        body = found[1]
        yield body.partition(b"stream")[0]
        if _PACKED.search(body.partition(b"stream")[0]):
            yield from _unpacked(body)


def _unpacked(body: bytes) -> Iterator[bytes]:
    """Yield the objects of an object stream (7.5.7): a table of numbers and places, then they."""
    head, stream, first = body.partition(b"stream")[0], _STREAM.search(body), _FIRST.search(body)
    if stream is None or first is None:
        return
    try:
        content = zlib.decompress(stream[1]) if b"/FlateDecode" in head else stream[1]
        places = [int(number) for number in content[: int(first[1])].split()][1::2]
    except (zlib.error, ValueError):
        return
    objects = content[int(first[1]) :]
    for start, end in zip(places, [*places[1:], len(objects)], strict=True):
        yield objects[start:end]


def _is_root(dictionary: bytes) -> bool:
    return bool(_TREE.search(dictionary)) and b"/Parent" not in dictionary
