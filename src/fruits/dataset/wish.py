"""What to get: a set by its name, the folder for it, and from which of its addresses."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fruits.dataset.answer import is_safe
from fruits.dataset.download import Patience
from fruits.dataset.partial import Partial
from fruits.dataset.sources import DataSet, Download, find_set
from fruits.errors import ConfigError


@dataclass(frozen=True)
class Wish:
    """What to get, and where to.

    `url` takes the place of the set's own addresses, `sha256` that of the digest known for them.
    With `extract` the archive is unpacked instead of kept.
    """

    name: str
    folder: Path
    url: str = ""
    sha256: str = ""
    extract: bool = False
    patience: Patience = field(default_factory=Patience)

    @property
    def data_set(self) -> DataSet:
        """The set that is meant."""
        return find_set(self.name)

    @property
    def archive(self) -> Path:
        """Where the archive lies, or will lie."""
        return self.folder / self.data_set.file

    @property
    def target(self) -> Path:
        """What is there at the end: the archive, or the folder with what was in it."""
        return self.archive.with_suffix("") if self.extract else self.archive

    def downloads(self) -> Sequence[Download]:
        """Return the addresses to try; ConfigError for what is none."""
        digest = self.sha256.lower()
        if digest and not re.fullmatch("[0-9a-f]{64}", digest):
            raise ConfigError(f"--sha256 {self.sha256} is no sha256: give 64 hexadecimal digits")
        if not self.url:
            return [Download(d.url, d.what, digest or d.sha256, d.size)
                    for d in self.data_set.downloads]  # fmt: skip
        if not is_safe(self.url):
            raise ConfigError(f"--url {self.url} is not https: what it gives could be changed")
        return [Download(self.url, sha256=digest)]


def plan(wish: Wish) -> dict[str, Any]:
    """Return what `get` would do, without a request; ConfigError as there."""
    chosen = wish.data_set
    return {
        "title": chosen.title,
        "authors": chosen.authors,
        "licence": chosen.licence,
        "citation": chosen.citation,
        "downloads": [asdict(source) for source in wish.downloads()],
        "target": str(wish.target),
        "already": wish.target.exists(),
        "part_bytes": Partial(wish.archive).size,
    }
