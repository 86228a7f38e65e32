"""The names of the archive and of its members: who, what, when, and nothing a disk would refuse."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

from fruits.deliver.day import mmaaaa
from fruits.errors import ConfigError

DEFAULT_TITLE: Final = "Réalisez un traitement dans un environnement Big Data sur le Cloud"

MAX_BYTES: Final = 255
"""The longest file name of ext4, APFS and NTFS; in UTF-8 an accented letter takes two bytes."""

_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control and format characters (they can hide or turn a name round), surrogates, separators."""


@dataclass(frozen=True)
class Naming:
    """Names as they stand in files: `_` parts the fields, `-` the words of a person's name."""

    last: str
    first: str
    title: str
    day: date

    @property
    def archive(self) -> str:
        """The archive: Titre_du_projet_nom_prénom.zip."""
        return f"{self.title}_{self.last}_{self.first}.zip"

    def member(self, number: int, what: str) -> str:
        """One deliverable, without a suffix: Nom_Prénom_1_notebook_mmaaaa."""
        return f"{self.last}_{self.first}_{number}_{what}_{mmaaaa(self.day)}"


def name_all(*, last: str, first: str, title: str, day: date) -> Naming:
    """Make file names of what a person typed.

    Letters of every script, accents (as NFC) and digits are kept; other runs of characters become
    "-" in a name and "_" in a title, which keeps its hyphens. Raises ConfigError for path
    separators, control characters, nothing that could be kept, or more than a disk takes.
    """
    naming = Naming(
        last=_words("--last-name", last, joined="-"),
        first=_words("--first-name", first, joined="-"),
        title=_words("--title", title, joined="_"),
        day=day,
    )
    longest = max((naming.archive, naming.member(3, "presentation.pptx")), key=_bytes)
    if _bytes(longest) > MAX_BYTES:
        raise ConfigError(
            f"{longest} has {_bytes(longest)} bytes, a file's name {MAX_BYTES} at most: "
            "give a shorter --title, --last-name or --first-name"
        )
    return naming


def _words(option: str, text: str, *, joined: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    bad = {c for c in composed if c in "/\\" or unicodedata.category(c) in _REFUSED}
    if bad:
        codes = ", ".join(sorted(f"U+{ord(character):04X}" for character in bad))
        raise ConfigError(f"{option} {text!r} holds what no file name may hold ({codes})")
    kept = "".join(c if _stays(c) or (c == "-" and joined == "_") else " " for c in composed)
    words = re.sub(r"-{2,}", "-", joined.join(kept.split())).strip("-_")
    if not words:
        raise ConfigError(f"{option} {text!r} has no letter and no digit to name a file with")
    return words


def _stays(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN"


def _bytes(name: str) -> int:
    return len(name.encode())
