"""Sends what has been listed to the workers, in waves of units, and commits what they finish."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from time import perf_counter
from typing import Final

from fruits.models.model import Model
from fruits.stages.course import Course
from fruits.stages.fastest import choose_engine
from fruits.stages.ledger import Ledger
from fruits.stages.listing import Listing
from fruits.stages.plan import Plan
from fruits.storage.uri import canonical
from fruits.work.job import Job
from fruits.work.process import FeaturiseUnit, WarmUp
from fruits.work.units import cut_units

POLL_SECONDS: Final = 0.5

WAVE_IMAGES: Final = 256
"""The least images per slot that a wave has while the listing goes on: a second of work."""


def dispatch(course: Course, listing: Listing, model: Model) -> None:
    """Let the workers do all that the listing finds to do, and commit as they go.

    Times from the first unit's dispatch to the last receipt. What the workers finished is
    committed whatever happens.
    """
    with course.stage("start", "waiting for the workers"):
        runner = course.runner
        payload = runner.share(model.payload)
        engine = choose_engine(course.config, runner, model, payload, images=listing.todo)
        course.backend = engine.name
        course.progress.note(f"engine: {engine.name} ({engine.reason})")
        task = FeaturiseUnit(_job(course, model), payload)
        runner.run(WarmUp(task.job, payload), [b""] * runner.slots)
    ledger = Ledger(
        course.output, course.tables, run_id=course.run_id, confirm=course.confirm_lease
    )
    course.receipts = ledger.receipts
    course.progress.stage("features", f"{listing.todo:,} images{_so_far(listing)}")
    start = perf_counter()
    try:
        for items in _waves(course, listing, slots=runner.slots):
            _run(course, task, items=items, ledger=ledger, listing=listing)
    finally:
        ledger.finish()
        course.seconds["features"] += perf_counter() - start


def _job(course: Course, model: Model) -> Job:
    return Job(
        run_id=course.run_id,
        input=canonical(course.config.input),
        output=course.output.uri,
        model=model.fingerprint,
        fit=course.config.fit,
        backend=course.backend,
    )


def _so_far(listing: Listing) -> str:
    return "" if listing.ended else " so far, the listing goes on"


def _waves(course: Course, listing: Listing, *, slots: int) -> Iterator[list[bytes]]:
    """Yield packed units; the references of a wave are let go before the next one is taken."""
    first = 0
    plans = listing.plans(least=slots * WAVE_IMAGES, watch=lambda: _show(course, listing))
    for plan in plans:
        items = _packed_units(plan, slots=slots, first=first)
        first += len(items)
        yield items


def _packed_units(plan: Plan, *, slots: int, first: int) -> list[bytes]:
    units = cut_units(plan.new, slots=slots, first=first)
    units += cut_units(plan.changed, slots=slots, replaces=True, first=first + len(units))
    return [unit.pack() for unit in units]


def _run(
    course: Course, task: FeaturiseUnit, *, items: list[bytes], ledger: Ledger, listing: Listing
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
