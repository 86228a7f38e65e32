"""Images that are rejected by what the listing says of them, before a byte of them is read."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from fruits.images.rejects import Reject, one_line
from fruits.storage.source import ImageRef
from fruits.work.rows import Rows

MAX_FILE_BYTES: Final = 1024**3
"""The largest file that is read: the largest image that is decoded, with 16 bits a sample and
transparency, takes 0.8 GB without any compression."""

_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")
_HIDING: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Unicode's control and format characters, and its separators of lines and paragraphs."""

_JOINERS: Final = frozenset("\u200c\u200d")
"""Format characters that Persian and Indic words are written with."""


def admitted(refs: Iterable[ImageRef], rows: Rows) -> list[ImageRef]:
    """Return the images that may be read; the others become rejects of `rows`."""
    kept = []
    for ref in refs:
        refusal = refuse(ref)
        if refusal is None:
            kept.append(ref)
        else:
            rows.add_reject(ref, refusal)
    return kept


def refuse(ref: ImageRef) -> Reject | None:
    """Say why an image is not even read, None if it may be.

    Nothing is written under an image's name here, but whoever reads the tables may do so, or print
    it, or open it in a spreadsheet.
    """
    if ref.size > MAX_FILE_BYTES:
        limit = f"the limit is {MAX_FILE_BYTES:,}"
        return Reject("too-large", f"a file of {ref.size:,} bytes; {limit}")
    if hidden := {character for character in ref.path if _hides(character)}:
        codes = ", ".join(sorted(f"U+{ord(character):04X}" for character in hidden))
        return Reject(
            "unsafe-name", one_line(f"control characters in its name ({codes}): rename it")
        )
    if _leads_out(ref):
        return Reject("unsafe-name", "its name leads out of the input: rename it")
    return None


def _hides(character: str) -> bool:
    return unicodedata.category(character) in _HIDING and character not in _JOINERS


def _leads_out(ref: ImageRef) -> bool:
    parts = re.split(r"[\\/]", ref.path)
    # In an object store a key may well begin with a slash, and means no place on any disk.
    absolute = ref.path.startswith(("/", "\\")) and ref.offset >= 0 and not ref.part
    return ".." in parts or bool(_DRIVE.match(ref.path)) or absolute
