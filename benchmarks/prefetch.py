"""What reading from a slow S3 costs a whole run, against the same images on disk.

Runs take turns (disk, S3, S3, disk, …), each in a process of its own, into a fresh output on disk.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import keep
from benchmarks.loopback_s3 import BUCKET, loopback_s3
from benchmarks.photos import PHOTOS, take_photos

Figures = dict[str, float]


def run_once(place: str, output: Path, options: argparse.Namespace) -> Figures:
    """Run the chain from `place`; return its seconds, and the images of which it made features."""
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, "-m", "fruits.cli", "run", "--no-report", "--input", place]
    command += ["--output", str(output), "--model", options.model, "--runner", options.runner]
    command += ["--components", "50"] + (["--master", options.master] if options.master else [])
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    report = json.loads((output / "report.json").read_text())
    seconds = report["seconds"]
    return {
        "total": seconds["total"],
        "features": seconds["features"],
        "images": report["images"]["featurised"],
        "fetch": report["worker_seconds"]["fetch"],
    }


def compare(options: argparse.Namespace, photos: Path, endpoint: str) -> dict[str, list[Figures]]:
    """Run from disk and from S3 in turns."""
    os.environ["FRUITS_S3_ENDPOINT"] = endpoint
    places = {"disk": str(photos), "s3": f"s3://{BUCKET}"}
    found: dict[str, list[Figures]] = {name: [] for name in places}
    for turn in range(options.rounds):
        for name in list(places)[:: 1 if turn % 2 == 0 else -1]:
            figures = run_once(places[name], photos.parent / "out", options)
            found[name].append(figures)
            print(name, figures, file=sys.stderr)
    return found


def ratio(found: dict[str, list[Figures]], key: str) -> float:
    """Return S3 ÷ disk, the median of the pairs."""
    pairs = zip(found["s3"], found["disk"], strict=True)
    return round(statistics.median(s3[key] / disk[key] for s3, disk in pairs), 3)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--photos", default=PHOTOS, help="folder or zip")
    parser.add_argument("--latency", type=float, default=0.02, help="seconds before an answer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default="mobilenet_v2")
    parser.add_argument("--runner", default="spark", choices=["spark", "local"])
    parser.add_argument("--master", default="")
    return parser.parse_args(arguments)


def main() -> None:
    """Print the two ratios and keep all figures."""
    options = parse()
    os.environ |= {"AWS_SKIP_SIGNATURE": "true", "AWS_REGION": "eu-west-3"}
    with tempfile.TemporaryDirectory() as folder:
        photos = take_photos(options.photos, Path(folder) / "photos", count=options.images)
        with loopback_s3(photos, latency=options.latency) as endpoint:
            found = compare(options, photos, endpoint)
    ratios = {key: ratio(found, key) for key in ("total", "features")}
    print(f"S3 with {options.latency * 1e3:g} ms ÷ disk, {options.images:,} images: {ratios}")
    keep("prefetch", {"latency": options.latency, "ratios": ratios, "runs": found})


if __name__ == "__main__":
    main()
