"""How cost grows: the same chains on 1/16, 1/4 and all of the images, and on one core."""

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.contestants import CONTESTANTS, Contestant, Course, run_one
from benchmarks.photos import take_photos

GROWING = ("plain Python", "Daft", "fruits, local", "fruits, Spark")
KEPT = ("name", "seconds", "cpu_seconds", "peak_mb", "error")


def grow(
    course: Course, count: int, largest: dict[str, Any], *, only: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Run the chains that grow on 1/16 and 1/4 of `course`'s images, and on 1/4 with one core.

    `largest` has the runs on all of them. Returns one entry per run, with images, cores and cost.
    """
    taking_part = [c for c in CONTESTANTS if c.name in GROWING and c.present]
    taking_part = [c for c in taking_part if not only or c.name in only]
    facts = [_entry(run, images=count, cores=course.slots) for run in _first_runs(largest)]
    for share, cores in ((16, course.slots), (4, course.slots), (4, 1)):
        folder = course.photos.parent / f"share-{share}"
        photos = take_photos(str(course.photos), folder, count=count // share)
        part = replace(course, photos=photos, slots=cores)
        facts += [_run(contestant, part, count // share) for contestant in taking_part]
        shutil.rmtree(Path(photos))
    return facts


def _first_runs(size: dict[str, Any]) -> list[dict[str, Any]]:
    return [run for run in size["runs"] if run["name"] in GROWING and run["turn"] == 0]


def _run(contestant: Contestant, course: Course, images: int) -> dict[str, Any]:
    cost = run_one(contestant, course, cores=course.slots)
    found = _entry({"name": contestant.name, **cost}, images=images, cores=course.slots)
    print(json.dumps(found), file=sys.stderr, flush=True)
    return found


def _entry(run: dict[str, Any], *, images: int, cores: int) -> dict[str, Any]:
    kept: dict[str, Any] = {key: run[key] for key in KEPT if key in run}
    return kept | {"images": images, "cores": cores}
