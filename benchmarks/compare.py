"""The comparison: every way from images to matrix, in turns, on the same images, weights and cores.

    python -m benchmarks.compare [--images 1000 10000] [--rounds 1] [--only NAME …] [--full]

Each contestant is a process of its own, from command to matrix (100 components, CSV and Parquet),
start-up included. Ours runs from a network already frozen (once per machine: `freeze_seconds`), the
others from the same network as an ONNX file, or from the weights file. Figures are kept as JSON in
benchmarks/results/; `python -m benchmarks.document` makes docs/benchmarks.md of them.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.contestants import CONTESTANTS, SLOW, Contestant, Course, peer_environ
from benchmarks.equality import (
    last_json,
    least_cosine,
    read_features,
    read_scores,
    subspace_cosine,
)
from benchmarks.figures import keep
from benchmarks.machine import describe_machine
from benchmarks.photos import PHOTOS, SHARED, take_photos
from benchmarks.processes import CommandError, run

HERE = Path(__file__).resolve().parent
REFERENCE = "apprentice"
FREEZE = """
import sys
from fruits.models.model import load_model
how = {"weights": sys.argv[1], "fit": "squash"}
model = load_model("mobilenet_v2", precision="f32", backend="onnx", **how)
load_model("mobilenet_v2", precision="bf16", backend="openvino", **how)
open(sys.argv[2], "wb").write(model.payload.content)
"""


def main() -> None:
    """Measure, keep the figures, print them."""
    options = parse()
    with tempfile.TemporaryDirectory(prefix="fruits-bench-") as scratch:
        facts = measure(options, Path(scratch))
    print(table(facts))
    keep("compare", facts)


def measure(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """Freeze the network once, then let everybody run at every size."""
    onnx = scratch / "network.onnx"
    frozen = run([sys.executable, "-c", FREEZE, options.weights, str(onnx)]).seconds
    facts: dict[str, Any] = {"machine": describe_machine(), "slots": options.slots}
    facts |= {"freeze_seconds": round(frozen, 1), "sizes": []}
    for count in options.images:
        photos = take_photos(options.photos, scratch / f"photos-{count}", count=count)
        course = Course(
            photos=photos, archive=_pack(photos), onnx=onnx, weights=options.weights,
            slots=options.slots, output=scratch / "out",
        )  # fmt: skip
        facts["sizes"].append(_at_size(options, course, count))
        shutil.rmtree(photos)
    return facts


def _at_size(options: argparse.Namespace, course: Course, count: int) -> dict[str, Any]:
    """Let the engine loop run, then everybody in turns, then the engine loop again."""
    size: dict[str, Any] = {"images": count, "engine": [engine_loop(options, course)], "runs": []}
    kept: dict[str, Any] = {}
    for turn in range(options.rounds):
        for contestant in _taking_part(options, count):
            found = _run_one(contestant, course)
            if turn == 0 and "error" not in found:
                found |= _equality(contestant.name, course.output, kept)
            size["runs"].append({"name": contestant.name, "turn": turn, **found})
            print(json.dumps(size["runs"][-1])[:400], file=sys.stderr, flush=True)
    size["engine"].append(engine_loop(options, course))
    return size


def _taking_part(options: argparse.Namespace, count: int) -> list[Contestant]:
    """Choose those asked for, whose environment exists, and who are fast enough for the size."""
    wanted = [c for c in CONTESTANTS if not options.only or c.name in options.only]
    if not options.full and count > min(options.images):
        wanted = [c for c in wanted if c.name not in SLOW]
    for missing in [c.name for c in wanted if not c.present]:
        print(f"{missing}: left out, run `make peers` first", file=sys.stderr)
    return [c for c in wanted if c.present]


def _run_one(contestant: Contestant, course: Course) -> dict[str, Any]:
    shutil.rmtree(course.output, ignore_errors=True)
    command = [contestant.python, *contestant.command(course)]
    try:
        cost = run(command, environ=peer_environ())
    except CommandError as exc:
        return {"error": str(exc)}
    said = last_json(cost.stdout)
    facts = {"stages": said["seconds"], **asdict(cost), "group": contestant.group}
    facts |= {key: said[key] for key in ("throughput", "worker_seconds") if key in said}
    facts.pop("stdout")
    return facts


def _equality(name: str, output: Path, kept: dict[str, Any]) -> dict[str, float]:
    """Compare with the reference's vectors, and with the subspace of plain scikit-learn."""
    features, scores = read_features(output), read_scores(output)
    if name == REFERENCE:
        kept["features"] = features
        return {}
    facts = {}
    if "features" in kept:
        facts["least_cosine"] = least_cosine(kept["features"], features)
    if name == "plain Python":
        kept["scores"] = scores
    elif "scores" in kept:
        facts["subspace_cosine"] = subspace_cosine(kept["scores"], scores)
    return facts


def engine_loop(options: argparse.Namespace, course: Course) -> dict[str, Any]:
    """Run the network alone, on the same slots."""
    command = [sys.executable, str(HERE / "engine_loop.py"), "--input", str(course.photos)]
    command += ["--weights", options.weights, "--slots", str(options.slots)]
    return last_json(run(command).stdout)


def _pack(photos: Path) -> Path:
    """Put the same images in an archive, stored, as they are compressed already."""
    archive = photos.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as to:
        for file in sorted(photos.rglob("*")):
            to.write(file, file.relative_to(photos))
    return archive


def summarise(size: dict[str, Any]) -> list[dict[str, Any]]:
    """Reduce the rounds of one size to a line per contestant: medians, and ratios."""
    engine = statistics.median(loop["images_per_second"] for loop in size["engine"])
    lines = []
    for name in dict.fromkeys(found["name"] for found in size["runs"]):
        runs = [found for found in size["runs"] if found["name"] == name]
        if errors := [found["error"] for found in runs if "error" in found]:
            lines.append({"name": name, "error": errors[0]})
            continue
        seconds = statistics.median(found["seconds"] for found in runs)
        features = statistics.median(found["stages"]["features"] for found in runs)
        lines.append({
            "name": name,
            "group": runs[0]["group"],
            "seconds": seconds,
            "images_per_second": size["images"] / seconds,
            "steady_images_per_second": size["images"] / features,
            "efficiency": size["images"] / features / engine,
            "cpu_seconds": statistics.median(found["cpu_seconds"] for found in runs),
            "peak_mb": max(found["peak_mb"] for found in runs),
            "least_cosine": runs[0].get("least_cosine"),
            "subspace_cosine": runs[0].get("subspace_cosine"),
            "stages": runs[0]["stages"],
        })  # fmt: skip
    return sorted(lines, key=lambda line: line.get("seconds", float("inf")))


def table(facts: dict[str, Any]) -> str:
    """Lay the figures out as Markdown tables, one per size."""
    blocks = []
    for size in facts["sizes"]:
        engine = statistics.median(loop["images_per_second"] for loop in size["engine"])
        rows = [f"### {size['images']:,} images, engine loop {engine:.0f} images/s", "", HEAD]
        rows += [_row(line) for line in summarise(size)]
        blocks.append("\n".join(rows))
    return "\n\n".join(blocks)


HEAD = (
    "| chain | seconds, command to matrix | images/s, features stage | efficiency | CPU s | peak MB"
    " | least cosine | subspace |\n|---|---|---|---|---|---|---|---|"
)


def _row(line: dict[str, Any]) -> str:
    if "error" in line:
        return f"| {line['name']} | failed | | | | | | |"
    cosine, angle = (line[key] for key in ("least_cosine", "subspace_cosine"))
    return (
        f"| {line['name']} | {line['seconds']:.1f} | {line['steady_images_per_second']:.0f}"
        f" | {line['efficiency']:.2f} | {line['cpu_seconds']:.0f} | {line['peak_mb']:,}"
        f" | {'' if cosine is None else f'{cosine:.6f}'}"
        f" | {'' if angle is None else f'{angle:.6f}'} |"
    )


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    weights = os.environ.get("FRUITS_WEIGHTS") or next(
        (str(file) for file in SHARED.glob("weights/mobilenet_v2*.h5")), None
    )
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--photos", default=PHOTOS, help="folder or zip")
    parser.add_argument("--weights", default=weights, required=weights is None)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=[c.name for c in CONTESTANTS], default=[])
    parser.add_argument("--full", action="store_true", help="everybody at every size")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
