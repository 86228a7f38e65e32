"""A wish → the checks of what is handed in, and the archive where nothing stands against it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from fruits.dataset.sources import find_set
from fruits.deliver.archive import Member, Written, new_file, write_archive
from fruits.deliver.deck import require_pptx
from fruits.deliver.examined import Examined, examine
from fruits.deliver.finding import Finding
from fruits.deliver.images import Copies
from fruits.deliver.links import NAME as LINKS
from fruits.deliver.links import LinksPage
from fruits.deliver.notebook import require_nbformat
from fruits.deliver.wish import Wish
from fruits.errors import ConfigError
from fruits.report.results import Results
from fruits.stages.progress import Progress
from fruits.storage.names import MATRIX_CSV, MATRIX_PARQUET, PCA_JSON

PHOTOS: Final = "images"


@dataclass(frozen=True)
class Delivery:
    """What was found, what stands against it, and the archive, None where it was not built.

    `members` are names and bytes of what is, or would be, in it; photos are counted as one.
    """

    archive: Path
    findings: list[Finding]
    against: list[Finding]
    members: dict[str, int]
    written: Written | None = None
    photos: dict[str, int] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as plain values."""
        built = self.written
        return {
            "archive": str(self.archive),
            "built": built is not None,
            "bytes": built.size if built else None,
            "sha256": built.sha256 if built else None,
            "checks": [asdict(finding) for finding in self.findings],
            "against": [finding.check for finding in self.against],
            "members": self.members,
            "photos": self.photos,
        }


def deliver(wish: Wish, progress: Progress) -> Delivery:
    """Check everything, and build the archive unless something stands against it, or in a dry run.

    Raises ConfigError where a library is missing or the archive is there already, FruitsError
    where what was checked changes on its way; the archive is whole or not there.
    """
    _refuse(wish)
    progress.stage("check", f"{wish.notebook}, {wish.presentation}, {wish.results}")
    examined = examine(wish)
    against = examined.stands_against(allow_missing=wish.allow_missing)
    files, slides = [*_notebook(wish), *_folder(wish, examined)], list(_slides(wish))
    sizes = {member.name: member.size for member in (*files, *slides)}
    if examined.copies:
        sizes[_photos(wish)] = sum(ref.size for ref in examined.copies.refs)
    if against or wish.dry_run:
        return Delivery(wish.archive, examined.findings, against, sizes)
    progress.stage("pack", wish.naming.archive)
    with new_file(wish.archive) as beside:
        photos = _watched(wish, examined.copies, progress)
        written = write_archive(beside, chain(files, photos, slides), wish.naming.day)
    how = examined.copies.how if examined.copies else None
    return Delivery(wish.archive, examined.findings, against, sizes, written, how)


def _refuse(wish: Wish) -> None:
    require_nbformat()
    require_pptx()
    if wish.archive.exists() and not (wish.replace or wish.dry_run):
        raise ConfigError(
            f"{wish.archive} is there already: remove it, give another --output, or --replace"
        )


def _notebook(wish: Wish) -> Iterator[Member]:
    if wish.notebook.is_file():
        yield Member.of_file(wish.naming.member(1, "notebook") + ".ipynb", wish.notebook)


def _slides(wish: Wish) -> Iterator[Member]:
    for file in (wish.presentation, wish.presentation.with_suffix(".pdf")):
        if file.is_file():
            yield Member.of_file(wish.naming.member(3, "presentation") + file.suffix, file)


def _folder(wish: Wish, examined: Examined) -> Iterator[Member]:
    """Yield the members of the second deliverable, the page of links among them."""
    members = list(_results(examined.results)) if examined.results else []
    members += [Member.of_bytes(name, page) for name, page in examined.pages.items()]
    page = LinksPage(
        day=wish.naming.day,
        data_set=find_set(wish.data_set) if wish.data_set else None,
        places=examined.places,
        facts=examined.results.facts if examined.results else None,
        files=[member.name for member in members],
        copied=len(examined.copies.refs) if examined.copies else None,
    ).write()
    folder = wish.naming.member(2, "images")
    for member in [Member.of_bytes(LINKS, page), *members]:
        yield Member(f"{folder}/{member.name}", member.size, member.open)


def _results(results: Results) -> Iterator[Member]:
    for name in (MATRIX_CSV, MATRIX_PARQUET, PCA_JSON):
        if results.output.exists(name):
            short = name.rpartition("/")[2]
            yield Member.of_output(short, results.output, name)


def _photos(wish: Wish) -> str:
    return f"{wish.naming.member(2, 'images')}/{PHOTOS}"


def _watched(wish: Wish, copies: Copies | None, progress: Progress) -> Iterator[Member]:
    if copies is None:
        return
    for count, member in enumerate(copies.members(_photos(wish)), 1):
        progress.advance(count, len(copies.refs))
        yield member
