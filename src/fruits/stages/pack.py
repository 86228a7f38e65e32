"""Images → a packed store: many small files become a few large ones, without metadata."""

import sys

from fruits import __version__
from fruits.errors import ConfigError
from fruits.report.packed import PackReport
from fruits.stages.course import Course
from fruits.stages.dispatch import Waves, dispatch
from fruits.stages.intake import go_through, open_input
from fruits.stages.listing import Listing
from fruits.storage.packed import is_packed
from fruits.storage.parts import PACKED, PACKED_TABLE, REJECTED_TABLE
from fruits.storage.uri import canonical
from fruits.work.job import PackJob
from fruits.work.pack import PackUnit
from fruits.work.units import cut_packs

ALL_AT_ONCE = sys.maxsize // 2**20
"""No wave before the listing has ended: cut out of a part of it, files would be too small."""


def pack(course: Course) -> None:
    """Pack the images that are not packed yet, and commit them; raises as `featurise` does."""
    if course.config.input and is_packed(course.config.input):
        raise ConfigError(f"--input {course.config.input} is packed already: give the original")
    source = open_input(course, holds="images")
    job = PackJob(course.run_id, canonical(course.config.input), course.output.uri)
    go_through(course, source, key=PACKED, work=lambda listing: _pack(course, listing, job))
    course.name_files({"images": PACKED_TABLE, "rejected": REJECTED_TABLE})


def _pack(course: Course, listing: Listing, job: PackJob) -> None:
    with course.stage("start", "waiting for the workers"):
        course.progress.note(f"{course.runner.slots} files are written at a time")
    dispatch(course, listing, PackUnit(job), waves=Waves("pack", cut_packs, ALL_AT_ONCE))


def pack_report(course: Course) -> PackReport:
    """Put together what a run that packed has to say of itself."""
    parts = [receipt.features for receipt in course.receipts if receipt.features]
    rewritten = sum(receipt.decoders.get("rewritten", 0) for receipt in course.receipts)
    return PackReport(
        fruits_version=__version__,
        run_id=course.run_id,
        started=course.started.isoformat(timespec="seconds"),
        input=course.config.input,
        output=course.output.uri,
        split=course.config.split,
        images=course.images,
        rewritten=rewritten,
        reasons=course.reasons,
        table_files=len(parts),
        table_bytes=sum(part.size for part in parts),
        seconds={
            **{name: round(course.seconds[name], 3) for name in ("start", "list", "pack")},
            "total": round(course.elapsed(), 3),
        },
        runner=course.choice.name if course.choice else "none",
        runner_reason=course.choice.reason if course.choice else "nothing to do",
        slots=course.runner.slots if course.opened else 0,
        peak_worker_rss_mb=round(max((r.peak_rss_mb for r in course.receipts), default=0.0), 1),
        files=course.files,
        residency=course.residency(),
    )
