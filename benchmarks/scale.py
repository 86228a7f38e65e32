"""How time and memory grow with the number of images: 30,000 and ten times as many.

    python -m benchmarks.scale [--images 30000 300000] [--master 'local[2]']

The images are small (drawn, 48 × 48), all different to the byte, and the network is the cheap one
of the package: what is measured is everything around the network.
"""

import argparse
import io
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.figures import keep
from benchmarks.runs import run_chain
from fruits.images.orchard import draw_orchard

SIDE = 48
DRAWN_PER_SPECIES = 20
FOLDER_IMAGES = 2_000


def small_photos(folder: Path) -> list[bytes]:
    """Draw some hundreds of small JPEGs."""
    drawn = draw_orchard(folder, images_per_class=DRAWN_PER_SPECIES, broken=0)
    contents = []
    for file in drawn:
        buffer = io.BytesIO()
        with Image.open(file) as image:
            image.convert("RGB").resize((SIDE, SIDE)).save(buffer, "JPEG")
        contents.append(buffer.getvalue())
    return contents


def fill(folder: Path, contents: Sequence[bytes], *, start: int, stop: int) -> None:
    """Write the images number `start` to `stop`, each with its number as a JPEG comment."""
    for number in range(start, stop):
        base = contents[number % len(contents)]
        comment = f"{number:012d}".encode()
        marker = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        place = folder / f"{number // FOLDER_IMAGES:05d}"
        if number % FOLDER_IMAGES == 0 or number == start:
            place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:08d}.jpg").write_bytes(base[:2] + marker + base[2:])


def measure(options: argparse.Namespace, scratch: Path) -> list[dict[str, Any]]:
    """Run the chain on each number of images, from nothing, and then again unchanged."""
    contents = small_photos(scratch / "drawn")
    rows, there = [], 0
    for count in sorted(options.images):
        fill(scratch / "photos", contents, start=there, stop=count)
        there = count
        for again in (False, True):
            report = run_chain(
                scratch / "photos", scratch / "out", model=options.model, master=options.master,
                components="32",
            )  # fmt: skip
            rows.append({"images": count, "again": again, **_facts(report)})
            print(rows[-1], flush=True)
        shutil.rmtree(scratch / "out")
    return rows


def _facts(report: dict[str, Any]) -> dict[str, Any]:
    return {
        "featurised": report["images"]["featurised"],
        "rows": report["matrix_rows"],
        "seconds": report["seconds"],
        "images_per_second": report["throughput"]["images_per_second"],
        "efficiency": report["throughput"]["efficiency"],
        "peak_worker_rss_mb": report["peak_worker_rss_mb"],
        "peak_mb": report["peak_of"],
    }


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[30_000, 300_000])
    parser.add_argument("--model", default="fruitnet")
    parser.add_argument("--master", default="local[2]")
    return parser.parse_args(arguments)


def main() -> None:
    """Measure, print, keep."""
    options = parse()
    with tempfile.TemporaryDirectory(prefix="fruits-bench-") as scratch:
        keep("scale", {"rows": measure(options, Path(scratch))})


if __name__ == "__main__":
    main()
