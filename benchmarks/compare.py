"""The comparison: every way from images to matrix, in turns, on the same images, weights and cores.

    python -m benchmarks.compare [--images 1000 10000] [--rounds 1] [--only NAME …] [--full]

Each contestant is a process of its own, from command to matrix (100 components, CSV and Parquet),
start-up included. Ours runs from a network already frozen, on engines that have already been raced
(both once per machine: `freeze_seconds`), the others from the same network as an ONNX file, or from
the weights file. Figures are kept as JSON in benchmarks/results/; `python -m benchmarks.document`
makes docs/benchmarks.md of them.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.contestants import CONTESTANTS, SLOW, Contestant, Course, run_one
from benchmarks.equality import (
    last_json,
    least_cosine,
    read_features,
    read_scores,
    subspace_cosine,
)
from benchmarks.figures import keep
from benchmarks.growth import grow
from benchmarks.machine import describe_machine
from benchmarks.photos import PHOTOS, SHARED, take_photos
from benchmarks.processes import run
from benchmarks.summary import table
from fruits.backends.choose import rivals

HERE = Path(__file__).resolve().parent
REFERENCE = "apprentice"
FREEZE = """
import sys
from fruits.config import Config
from fruits.models.model import load_model
from fruits.runners.local import LocalRunner
from fruits.stages.fastest import REPAID, choose_engine

how = {"weights": sys.argv[1], "fit": "squash"}
model = load_model("mobilenet_v2", precision="f32", backend="onnx", **how)
load_model("mobilenet_v2", precision="bf16", backend="openvino", **how)
open(sys.argv[2], "wb").write(model.payload.content)
runner = LocalRunner()
config = Config(input="photos", output="out")
print(choose_engine(config, runner, model, runner.share(model.payload), images=REPAID))
runner.close()
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
    compile_environments()
    frozen = run([sys.executable, "-c", FREEZE, options.weights, str(onnx)])
    facts: dict[str, Any] = {"machine": describe_machine(), "slots": options.slots}
    facts |= {"freeze_seconds": round(frozen.seconds, 1), "race": frozen.stdout.strip()}
    facts["sizes"] = []
    for count in options.images:
        course = _lay_out(options, scratch, onnx, count)
        facts["sizes"].append(_at_size(options, course, count))
        if count == max(options.images):
            facts["growth"] = grow(course, count, facts["sizes"][-1], only=options.only)
        shutil.rmtree(course.photos)
    return facts


def compile_environments() -> None:
    """Let Python compile what is installed, once: nobody's first run shall pay for it."""
    for python in {contestant.python for contestant in CONTESTANTS if contestant.present}:
        where = "import compileall, sysconfig as s; compileall.compile_dir(s.get_path('purelib'), "
        run([python, "-c", f"{where} quiet=2, workers=0)"])


def _lay_out(options: argparse.Namespace, scratch: Path, onnx: Path, count: int) -> Course:
    photos = take_photos(options.photos, scratch / f"photos-{count}", count=count)
    return Course(
        photos=photos, archive=_pack(photos), onnx=onnx, weights=options.weights,
        slots=options.slots, output=scratch / "out",
    )  # fmt: skip


def _at_size(options: argparse.Namespace, course: Course, count: int) -> dict[str, Any]:
    """Let the engine loops run, then everybody in turns, then the engine loops again."""
    size: dict[str, Any] = {"images": count, "engine": engine_loops(options, course), "runs": []}
    kept: dict[str, Any] = {}
    for turn in range(options.rounds):
        for contestant in _taking_part(options, count):
            found = run_one(contestant, course)
            if turn == 0 and "error" not in found:
                found |= _equality(contestant.name, course.output, kept)
            size["runs"].append({"name": contestant.name, "turn": turn, **found})
            print(json.dumps(size["runs"][-1])[:400], file=sys.stderr, flush=True)
    size["engine"] += engine_loops(options, course)
    return size


def _taking_part(options: argparse.Namespace, count: int) -> list[Contestant]:
    """Choose those asked for, whose environment exists, and who are fast enough for the size."""
    wanted = [c for c in CONTESTANTS if not options.only or c.name in options.only]
    if not options.full and count > min(options.images):
        wanted = [c for c in wanted if c.name not in SLOW]
    for missing in [c.name for c in wanted if not c.present]:
        print(f"{missing}: left out, run `make peers` first", file=sys.stderr)
    return [c for c in wanted if c.present]


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


def engine_loops(options: argparse.Namespace, course: Course) -> list[dict[str, Any]]:
    """Run the network alone, on the same slots, in each engine that computes in float32."""
    command = [sys.executable, str(HERE / "engine_loop.py"), "--input", str(course.photos)]
    command += ["--weights", options.weights, "--slots", str(options.slots), "--seconds", "6"]
    return [
        last_json(run([*command, "--backend", engine]).stdout) for engine in rivals("auto", "f32")
    ]


def _pack(photos: Path) -> Path:
    """Put the same images in an archive, stored, as they are compressed already."""
    archive = photos.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as to:
        for file in sorted(photos.rglob("*")):
            to.write(file, file.relative_to(photos))
    return archive


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
