"""From the input to committed rows, whatever workers make of an image: list, work, prune, count."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from fruits.errors import ConfigError, InputError
from fruits.report.facts import ImageCounts
from fruits.stages.course import Course
from fruits.stages.erasure import INTENTS
from fruits.stages.ledger import adopt_receipts
from fruits.stages.listing import Listing
from fruits.storage.output import Holds
from fruits.storage.source import Source, open_source

ENOUGH_TO_BEGIN: Final = 5_000
"""Images listed with which the work begins while the listing goes on; most folders have fewer."""


def open_input(course: Course, *, holds: Holds) -> Source:
    """Open the input and make the output its own, and ready; `holds` says what it will hold."""
    if not course.config.input:
        raise ConfigError("input is missing: give --input, FRUITS_INPUT or TOML input")
    for place in course.residency().values():
        if place.startswith("not checked"):
            course.progress.note(f"{place}: whether it is in the EU is yours to know")
    source = open_source(course.config.input)
    course.output.claim(course.config.input, holds=holds)
    course.take_lease()
    if course.output.names(INTENTS):
        course.progress.note("an erasure was interrupted here: run `fruits erase` again, as before")
    if course.tables.create():
        # On a new output there is work for sure: Spark may start while the driver lists and loads.
        course.start_runner()
    return source


def go_through(
    course: Course, source: Source, *, key: str, work: Callable[[Listing], None]
) -> None:
    """Let `work` do what has no row of `key` yet, then drop or mention what has vanished."""
    with list_input(course, source, key=key) as listing:
        find_work(course, listing)
        if listing.todo:
            course.start_runner()
            work(listing)
        pruned = prune(course, listing, key=key)
        if listing.todo or pruned:
            course.confirm_lease()  # the parts of another run's units must not be taken for litter
            course.tables.tidy()
        count_images(course, listing, pruned=pruned)


def list_input(course: Course, source: Source, *, key: str) -> Listing:
    """Adopt what an interrupted run has left, and make a listing of what the tables lack."""
    with course.stage("list", source.uri):
        if adopted := adopt_receipts(course.output, course.tables, confirm=course.confirm_lease):
            course.progress.note(f"kept {adopted:,} images that an interrupted run had finished")
        split = course.config.split
        return Listing(source, course.tables.known(key, split=split), split=split)


def find_work(course: Course, listing: Listing) -> None:
    """Wait until all is listed, or until there is enough to begin with.

    Raises InputError where there are no images.
    """

    def show() -> None:
        course.progress.advance(listing.listed, listing.listed)

    with course.stage("list"):
        listing.wait(ENOUGH_TO_BEGIN, watch=show)
    if not listing.listed:
        kept = f" of split {course.config.split}" if course.config.split else ""
        raise InputError(f"{course.config.input} holds no images{kept}: check --input and --split")
    so_far = "" if listing.ended else " so far"
    course.progress.note(f"{listing.listed:,} images{so_far}, {listing.todo:,} to do")


def prune(course: Course, listing: Listing, *, key: str) -> int:
    """Drop the rows of vanished images if that is wanted, else mention them; return the count."""
    if not listing.vanished:
        return 0
    gone = f"{len(listing.vanished):,} images have rows and are not in the input any more"
    if not course.config.prune:
        course.progress.note(f"{gone}: --prune drops them")
        return 0
    course.progress.note(f"{gone}: dropped")
    course.confirm_lease()
    return course.tables.delete(listing.vanished, model=key)


def count_images(course: Course, listing: Listing, *, pruned: int) -> None:
    """Count this run's images from the receipts: what they do not tell has not happened."""
    receipts = course.receipts
    course.images = ImageCounts(
        listed=listing.listed,
        skipped=listing.skipped,
        featurised=sum(receipt.featurised for receipt in receipts),
        rejected=sum(receipt.rejected for receipt in receipts),
        vanished=len(listing.vanished),
        pruned=pruned,
    )
    reasons: Counter[str] = Counter()
    for receipt in receipts:
        reasons.update(receipt.reasons)
    course.reasons = dict(reasons.most_common())
