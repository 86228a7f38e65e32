"""What a second run costs, when nothing has changed and when 1 % of the images are new.

    python -m benchmarks.increments [--images 10000] [--share 0.01] [--rounds 3]

Every run is the command that a user would type, start-up included: first all images but the share
that is held back, then the same again, then with the new ones.
"""

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import keep
from benchmarks.photos import PHOTOS, take_photos
from benchmarks.runs import run_chain

STEPS = ("full", "no change", "new images")


def measure(options: argparse.Namespace, photos: Path, scratch: Path) -> list[dict[str, Any]]:
    """Run the three steps on a fresh output; return what each one took and did."""
    files = sorted(file for file in photos.rglob("*") if file.is_file())
    held = files[:: round(1 / options.share)]
    aside = [_move(file, photos, scratch / "held") for file in held]
    output = scratch / "out"
    shutil.rmtree(output, ignore_errors=True)
    steps = []
    for step in STEPS:
        if step == "new images":
            for file in aside:
                _move(file, scratch / "held", photos)
        report = run_chain(photos, output, model=options.model, components="0.95")
        steps.append({"step": step, **_facts(report)})
        print(steps[-1])
    return steps


def _move(file: Path, root: Path, to: Path) -> Path:
    target = to / file.relative_to(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    return file.rename(target)


def _facts(report: dict[str, Any]) -> dict[str, Any]:
    keys = ("listed", "skipped", "featurised")
    facts = {key: report["images"][key] for key in keys}
    facts |= {"seconds": report["seconds"], "runner": report["runner"]}
    return facts | {"matrix_rows": report["matrix_rows"]}


def summarise(rounds: Sequence[list[dict[str, Any]]]) -> dict[str, Any]:
    """Return each step's median seconds, and the median of its ratios to the full run."""
    summary = {}
    for index, step in enumerate(STEPS):
        totals = [turn[index]["seconds"]["total"] for turn in rounds]
        ratios = [turn[index]["seconds"]["total"] / turn[0]["seconds"]["total"] for turn in rounds]
        summary[step] = {
            "seconds": round(statistics.median(totals), 2),
            "of_a_full_run": round(statistics.median(ratios), 4),
            "featurised": rounds[0][index]["featurised"],
        }
    return summary


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--share", type=float, default=0.01, help="images that come later")
    parser.add_argument("--photos", default=PHOTOS, help="folder or zip")
    parser.add_argument("--model", default="mobilenet_v2")
    parser.add_argument("--rounds", type=int, default=1)
    return parser.parse_args(arguments)


def main() -> None:
    """Measure, print, keep."""
    options = parse()
    with tempfile.TemporaryDirectory(prefix="fruits-bench-") as scratch:
        photos = take_photos(options.photos, Path(scratch) / "photos", count=options.images)
        rounds = [measure(options, photos, Path(scratch)) for _ in range(options.rounds)]
    facts = {"images": options.images, "summary": summarise(rounds), "rounds": rounds}
    for step, figures in facts["summary"].items():
        print(f"{step:<11} {figures}")
    keep("increments", facts)


if __name__ == "__main__":
    main()
