"""What is to be handed in, and where the archive is to lie."""

from dataclasses import dataclass
from pathlib import Path

from fruits.deliver.naming import Naming


@dataclass(frozen=True)
class Wish:
    """The deliverables of one person: `results` is a path or URI, `links` lead to storage.

    `data_set` is a name of `fruits dataset get`, None for photos that no public set holds.
    """

    naming: Naming
    folder: Path
    results: str
    notebook: Path
    presentation: Path
    links: tuple[str, ...] = ()
    data_set: str | None = None
    with_images: bool = False
    allow_missing: bool = False
    replace: bool = False
    dry_run: bool = False

    @property
    def archive(self) -> Path:
        """Where the archive will be."""
        return self.folder / self.naming.archive
