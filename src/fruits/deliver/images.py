"""The images behind a matrix: whether they are still there, and their copies without metadata."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from fruits.dataset.cleaned import Cleaned, clean
from fruits.deliver.archive import Member
from fruits.deliver.finding import Finding, missing, ok, wrong
from fruits.deliver.places import Place
from fruits.errors import FruitsError
from fruits.images.rejects import Undecodable
from fruits.report.results import Results
from fruits.schema import PATH
from fruits.storage.prefetch import prefetch
from fruits.storage.source import ImageRef, Source, open_source
from fruits.work.refusals import refuse

IMAGES: Final = "images"
BUDGET_BYTES: Final = 64 * 2**20


@dataclass
class Copies:
    """The images to put into the archive, and, once that has been done, how they came to be.

    Only those of the matrix: what was erased from it, or rejected, is not handed in.
    """

    source: Source
    refs: list[ImageRef]
    how: dict[str, int] = field(default_factory=dict)

    def members(self, folder: str) -> Iterator[Member]:
        """Yield the images, in the order of their paths, without their metadata.

        Raises FruitsError for one that cannot be read any more, or not without metadata.
        """
        reading = self.source.reading
        fetched = prefetch(
            self.source.read,
            self.refs,
            threads=reading.threads,
            together=reading.together,
            budget_bytes=BUDGET_BYTES,
        )
        for ref, content in fetched:
            cleaned = _cleaned(ref, content)
            self.how[cleaned.how] = self.how.get(cleaned.how, 0) + 1
            yield Member.of_bytes(f"{folder}/{ref.path}", cleaned.content)


def _cleaned(ref: ImageRef, content: bytes | OSError) -> Cleaned:
    """Take the metadata out of one image; the run has read it, so to fail here is an error."""
    again = "leave out --with-images, or let fruits run look at the input again"
    if isinstance(content, OSError):
        raise FruitsError(f"{ref.path} cannot be read any more: {content}; {again}")
    try:
        with warnings.catch_warnings():
            # Pillow's remarks on odd metadata, which are taken out here, help nobody.
            warnings.filterwarnings("ignore", module="PIL")
            return clean(content)
    except Undecodable as exc:
        raise FruitsError(f"{ref.path} is no image any more ({exc}): {again}") from exc


def check_reference(results: Results, places: list[Place]) -> Finding:
    """Tell whether somebody who has the matrix can find its images: here, or where a link leads."""
    named = "named by path and sha256 in the matrix"
    if away := [place for place in places if not place.is_here and place.finding.state == "ok"]:
        return ok(IMAGES, f"{named}, at {away[0].uri}")
    try:
        source = open_source(results.facts.input)
    except FruitsError as exc:
        return missing(IMAGES, str(exc), "give --link to where the photos are")
    return ok(IMAGES, f"{named}, in {source.uri.rpartition('/')[2]}")


def find_copies(results: Results) -> tuple[Finding, Copies | None]:
    """List the input, and find every image of the matrix there."""
    advice = "run fruits run again, or leave out --with-images"
    try:
        source = open_source(results.facts.input)
        wanted = set(results.columns([PATH]).column(PATH).to_pylist())
        pages = source.pages(split=results.facts.split)
        refs = [ref for page in pages for ref in page if ref.path in wanted and not refuse(ref)]
    except FruitsError as exc:
        return missing(IMAGES, str(exc), advice), None
    if gone := sorted(wanted - {ref.path for ref in refs}):
        found = f"{len(gone):,} of {len(wanted):,} are not in the input any more: {gone[0]}"
        return wrong(IMAGES, found, advice), None
    size = sum(ref.size for ref in refs)
    return ok(IMAGES, f"{len(refs):,} to copy, {size / 1e6:,.1f} MB"), Copies(source, refs)
