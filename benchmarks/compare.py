"""The paired benchmark: the bare engine loop, the apprentice's chain, and ours, taking turns.

    python -m benchmarks.compare [--images 10000] [--photos ZIP|DIR] [--weights FILE] [--rounds 1]

Same images, weights and cores (`local[2]`), each chain in a process of its own, from command to
matrix, start-up included. Ours runs from a network already frozen (once per machine, reported as
`freeze_seconds`), the rival from a weights file already downloaded. Everything is kept as JSON in
benchmarks/results/; the table on stdout is made of it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from benchmarks.figures import keep
from benchmarks.photos import PHOTOS, SHARED, take_photos

HERE = Path(__file__).resolve().parent
COMPONENTS = 100
LEAST_COSINE = 0.9999


def main() -> None:
    """Measure, keep the figures, print them."""
    options = parse()
    with tempfile.TemporaryDirectory(prefix="fruits-bench-") as scratch:
        folder = take_photos(options.photos, Path(scratch) / "photos", count=options.images)
        facts = measure(options, folder, Path(scratch))
    print(table(facts))
    keep("compare", facts)


def measure(options: argparse.Namespace, folder: Path, scratch: Path) -> dict[str, Any]:
    """Freeze, then take turns: engine, ours, rival, ours, engine, `--rounds` times."""
    facts: dict[str, Any] = {"images": options.images, "master": options.master}
    facts["freeze_seconds"] = freeze(options.weights)
    facts["engine"], facts["ours"], facts["apprentice"] = [], [], []
    for turn in range(options.rounds):
        facts["engine"].append(engine_loop(options, folder))
        facts["ours"].append(ours(options, folder, scratch / f"ours-{turn}a"))
        if not options.no_rival:
            facts["apprentice"].append(apprentice(options, folder, scratch / f"rival-{turn}"))
        facts["ours"].append(ours(options, folder, scratch / f"ours-{turn}b"))
        facts["engine"].append(engine_loop(options, folder))
    if not options.no_rival:
        facts["equality"] = compare_features(scratch / "ours-0a", scratch / "rival-0", folder)
    return facts | {"summary": summarise(facts)}


def freeze(weights: str) -> float:
    """Freeze the network if this machine has not done so yet; return the seconds it took."""
    script = (
        "import sys; from fruits.models.model import load_model; "
        "load_model('mobilenet_v2', weights=sys.argv[1], fit='squash', precision='f32',"
        " backend='onnx')"
    )
    return timed([sys.executable, "-c", script, weights])[0]


def engine_loop(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run the network alone, on the same slots."""
    command = [sys.executable, str(HERE / "engine_loop.py"), "--input", str(folder)]
    command += ["--weights", options.weights, "--slots", str(options.slots)]
    facts: dict[str, Any] = json.loads(timed(command)[1].splitlines()[-1])
    return facts


def ours(options: argparse.Namespace, folder: Path, output: Path) -> dict[str, Any]:
    """Run `fruits run` on Spark and return its report with the whole process's seconds."""
    command = [sys.executable, "-m", "fruits.cli", "run", "--json"]
    command += ["--input", str(folder), "--output", str(output), "--weights", options.weights]
    command += ["--components", str(COMPONENTS), "--runner", "spark", "--master", options.master]
    seconds, stdout = timed(command)
    report = json.loads(stdout)
    keys = ("seconds", "worker_seconds", "throughput", "images", "matrix_rows", "slots")
    kept = {key: report[key] for key in (*keys, "peak_worker_rss_mb")}
    return kept | {"process_seconds": seconds}


def apprentice(options: argparse.Namespace, folder: Path, output: Path) -> dict[str, Any]:
    """Run the apprentice's chain and return its stages with the whole process's seconds."""
    command = [sys.executable, str(HERE / "apprentice.py"), "--input", str(folder)]
    command += ["--weights", options.weights, "--output", str(output), "--master", options.master]
    command += ["--components", str(COMPONENTS)]
    seconds, stdout = timed(command)
    facts: dict[str, Any] = json.loads(stdout.splitlines()[-1])
    return facts | {"process_seconds": seconds}


def timed(command: list[str]) -> tuple[float, str]:
    """Run a command to its end; return the seconds and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ)
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} … failed:\n{done.stderr[-3000:]}")
    return time.perf_counter() - start, done.stdout


def compare_features(ours: Path, rival: Path, folder: Path) -> dict[str, float]:
    """Return the smallest and the mean cosine between both chains' vectors of the same images."""
    mine = ds.dataset(ours / "features", format="parquet").to_table(columns=["path", "features"])
    theirs = pq.read_table(rival / "features", columns=["path", "features"])
    prefix = len(str(folder.resolve())) + 1
    other = {
        row["path"].removeprefix("file:")[prefix:]: row["features"] for row in theirs.to_pylist()
    }
    cosines = [cosine(row["features"], other[row["path"]]) for row in mine.to_pylist()]
    return {"images": len(cosines), "least": min(cosines), "mean": statistics.fmean(cosines)}


def cosine(a: list[float], b: list[float]) -> float:
    """Return the cosine of the angle between two vectors."""
    x, y = np.asarray(a), np.asarray(b)
    return float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)))


def summarise(facts: dict[str, Any]) -> dict[str, float]:
    """Reduce the rounds to medians and the ratios that do not depend on the machine."""
    engine = statistics.median(run["images_per_second"] for run in facts["engine"])
    mine = statistics.median(run["process_seconds"] for run in facts["ours"])
    stage = statistics.median(run["seconds"]["features"] for run in facts["ours"])
    summary = {
        "engine_images_per_second": engine,
        "ours_seconds": mine,
        "efficiency": facts["images"] / stage / engine,
        "images_per_second_end_to_end": facts["images"] / mine,
    }
    if facts["apprentice"]:
        rival = statistics.median(run["process_seconds"] for run in facts["apprentice"])
        summary |= {"apprentice_seconds": rival, "times_faster": rival / mine}
    return {key: round(value, 4) for key, value in summary.items()}


def table(facts: dict[str, Any]) -> str:
    """Lay the figures out as a Markdown table."""
    rows = ["| chain | seconds, command to matrix | stages |", "|---|---|---|"]
    for name in ("ours", "apprentice"):
        for run in facts[name]:
            stages = ", ".join(f"{k} {v:.1f}" for k, v in run["seconds"].items() if k != "total")
            rows.append(f"| {name} | {run['process_seconds']:.1f} | {stages} |")
    rows += [
        f"| engine loop | | {run['images_per_second']:.0f} images/s |" for run in facts["engine"]
    ]
    figures = [f"- {key}: {value}" for key, value in facts["summary"].items()]
    if "equality" in facts:
        least = facts["equality"]["least"]
        verdict = "equal" if least >= LEAST_COSINE else "DIFFERENT"
        figures.append(f"- features: {verdict} (least cosine {least:.6f})")
    return "\n".join([*rows, "", *figures])


def parse() -> argparse.Namespace:
    """Read the command line."""
    weights = os.environ.get("FRUITS_WEIGHTS") or next(
        (str(file) for file in SHARED.glob("weights/mobilenet_v2*.h5")), None
    )
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--photos", default=PHOTOS)
    parser.add_argument("--weights", default=weights, required=weights is None)
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--no-rival", action="store_true", help="leave the apprentice's chain out")
    return parser.parse_args()


if __name__ == "__main__":
    main()
