"""When packing pays: the same images as files, as a zip and packed, on disk and on a slow S3.

    python -m benchmarks.packing [--images 5000] [--rounds 3] [--model fruitnet]

Runs take turns, each in a process of its own, from command to matrix into a fresh output on disk.
The S3 answers every request 20 ms late. Packing itself is timed too, and the second call that finds
nothing new.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import keep
from benchmarks.loopback_s3 import BUCKET, loopback_s3
from benchmarks.machine import describe_machine
from benchmarks.photos import PHOTOS, take_photos

Figures = dict[str, Any]


def fruits(*words: str) -> Figures:
    """Run a command of fruits and return what it reports."""
    command = [sys.executable, "-m", "fruits.cli", *words, "--runner", "local", "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    facts: Figures = json.loads(done.stdout)
    return facts


def chain(place: str, output: Path, options: argparse.Namespace) -> Figures:
    """Run the chain on `place`; return seconds, and what the workers waited for their bytes."""
    shutil.rmtree(output, ignore_errors=True)
    words = ["--input", place, "--output", str(output), "--model", options.model]
    facts = fruits("run", "--no-report", *words, "--components", "50")
    return {
        "total": facts["seconds"]["total"],
        "list": facts["seconds"]["list"],
        "features": facts["seconds"]["features"],
        "fetch": facts["worker_seconds"]["fetch"],
        "images": facts["images"]["featurised"],
    }


def pack_twice(source: str, store: Path) -> Figures:
    """Pack, and pack again with nothing to do."""
    first, again = (fruits("pack", "--input", source, "--output", str(store)) for _ in range(2))
    return {
        "seconds": first["seconds"]["total"],
        "again_seconds": again["seconds"]["total"],
        "files": first["table_files"],
        "bytes": first["table_bytes"],
        "peak_worker_rss_mb": first["peak_worker_rss_mb"],
    }


def take_turns(places: dict[str, str], options: argparse.Namespace, scratch: Path) -> Figures:
    """Let the places take turns; the medians of each."""
    found: dict[str, list[Figures]] = {name: [] for name in places}
    for turn in range(options.rounds):
        for name in list(places)[:: 1 if turn % 2 == 0 else -1]:
            found[name].append(chain(places[name], scratch / "out", options))
            print(name, found[name][-1], file=sys.stderr)
    return {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for name, runs in found.items()
    }


def measure(options: argparse.Namespace, scratch: Path) -> Figures:
    """Lay the images out in every way, and run on each."""
    bucket = scratch / "bucket"
    photos = take_photos(options.photos, bucket / "photos", count=options.images)
    packing = pack_twice(str(photos), bucket / "packed")
    archive = scratch / "photos.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as to:
        for file in sorted(photos.rglob("*.*")):
            to.write(file, file.relative_to(photos))
    disk = {"files": str(photos), "zip": str(archive), "packed": str(bucket / "packed")}
    with loopback_s3(bucket, latency=options.latency) as endpoint:
        os.environ |= {"FRUITS_S3_ENDPOINT": endpoint, "AWS_SKIP_SIGNATURE": "true"}
        os.environ |= {"AWS_REGION": "eu-west-3"}
        s3 = {name: f"s3://{BUCKET}/{name}" for name in ("photos", "packed")}
        places = {f"disk, {name}": place for name, place in disk.items()}
        places |= {"S3, files": s3["photos"], "S3, packed": s3["packed"]}
        runs = take_turns(places, options, scratch)
    return {"packing": packing, "runs": runs}


def table(facts: Figures) -> str:
    """Lay the figures out as Markdown."""
    heads = ("total", "list", "features", "fetch")
    rows = [f"| input | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for name, run in facts["runs"].items():
        rows.append(f"| {name} | {' | '.join(f'{run[key]:.2f}' for key in heads)} |")
    return "\n".join(rows)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--photos", default=PHOTOS, help="folder or zip")
    parser.add_argument("--latency", type=float, default=0.02, help="seconds before an answer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default="fruitnet", help="a fast network shows reading best")
    return parser.parse_args(arguments)


def main() -> None:
    """Measure, print, keep."""
    options = parse()
    with tempfile.TemporaryDirectory(prefix="fruits-bench-") as scratch:
        facts = measure(options, Path(scratch))
    print(json.dumps(facts["packing"]))
    print(table(facts))
    asked = {key: getattr(options, key) for key in ("images", "latency", "rounds", "model")}
    keep("packing", {"machine": describe_machine(), **asked, **facts})


if __name__ == "__main__":
    main()
