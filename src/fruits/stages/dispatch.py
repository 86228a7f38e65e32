"""Sends what has been listed to the workers, in waves of units, and commits what they finish."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from time import perf_counter
from typing import Final, NamedTuple, Protocol

from fruits.stages.course import Course
from fruits.stages.ledger import Ledger
from fruits.stages.listing import Listing
from fruits.storage.source import ImageRef
from fruits.work.task import Task
from fruits.work.units import Unit, cut_units

POLL_SECONDS: Final = 0.5

WAVE_IMAGES: Final = 256
"""The least images per slot that a wave has while the listing goes on: a second of work."""


class Cut(Protocol):
    """A way to cut images into work units."""

    def __call__(
        self, refs: Sequence[ImageRef], *, slots: int, replaces: bool = False, first: int = 0
    ) -> list[Unit]:
        """Return the units of `refs`, numbered from `first`."""


class Waves(NamedTuple):
    """How a listing becomes waves of units: by which cut, and how many images per slot at least.

    None images are WAVE_IMAGES; `stage` is whose time it is.
    """

    stage: str = "features"
    cut: Cut = cut_units
    images: int | None = None


FEATURES: Final = Waves()


def dispatch(course: Course, listing: Listing, task: Task, *, waves: Waves = FEATURES) -> None:
    """Let the workers do all that the listing finds to do, and commit as they go.

    Times from the first unit's dispatch to the last receipt. What the workers finished is
    committed whatever happens.
    """
    ledger = Ledger(
        course.output, course.tables, run_id=course.run_id, confirm=course.confirm_lease
    )
    course.receipts = ledger.receipts
    course.progress.stage(waves.stage, f"{listing.todo:,} images{_so_far(listing)}")
    start = perf_counter()
    try:
        for items in _items(course, listing, waves):
            _run(course, task, items=items, ledger=ledger, listing=listing)
    finally:
        ledger.finish()
        course.seconds[waves.stage] += perf_counter() - start


def _so_far(listing: Listing) -> str:
    return "" if listing.ended else " so far, the listing goes on"


def _items(course: Course, listing: Listing, waves: Waves) -> Iterator[list[bytes]]:
    """Yield packed units; the references of a wave are let go before the next one is taken."""
    first, slots = 0, course.runner.slots
    least = slots * (waves.images or WAVE_IMAGES)
    for plan in listing.plans(least=least, watch=lambda: _show(course, listing)):
        units = waves.cut(plan.new, slots=slots, first=first)
        units += waves.cut(plan.changed, slots=slots, replaces=True, first=first + len(units))
        first += len(units)
        yield [unit.pack() for unit in units]


def _run(
    course: Course, task: Task, *, items: list[bytes], ledger: Ledger, listing: Listing
) -> None:
    with ThreadPoolExecutor(1, thread_name_prefix="fruits-runner") as background:
        job = background.submit(course.runner.run, task, items)
        try:
            while not wait([job], timeout=POLL_SECONDS).done:
                ledger.collect()
                _show(course, listing)
            job.result()
        except BaseException:
            course.runner.cancel()
            raise
    ledger.collect()
    _show(course, listing)


def _show(course: Course, listing: Listing) -> None:
    done = sum(receipt.featurised + receipt.rejected for receipt in course.receipts)
    course.progress.advance(done, listing.todo)
