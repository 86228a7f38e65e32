"""MobileNetV2 and fruitnet side by side: what each recognises, and how fast it is.

    python -m benchmarks.networks [--weights FILE] [--fruits-360 ZIP] [--grocery ZIP] [--rounds 3]

Recognition is 1-nearest-neighbour by cosine on the features that `fruits features` writes: from
Fruits-360's Training to its Test split, and from four fifths of the shop photos to the fifth
that fruitnet never saw (`training/held_out.py`). Speed is the bare engine loop, one process on one
thread, the networks taking turns. Everything is kept as JSON in benchmarks/results/.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset as ds
from numpy.typing import NDArray

from benchmarks import engine_loop
from benchmarks.figures import keep
from fruits import Config
from fruits.pipeline import features
from training.held_out import held_out

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "shared" / "data"
TEACHER, STUDENT = "mobilenet_v2", "fruitnet"
QUERIES = 1024
"""Rows compared with all the others at a time."""

Vectors = NDArray[np.float32]


def main() -> None:
    """Measure, keep the figures, print them."""
    options = parse()
    facts: dict[str, Any] = {"photos": {}, "speed": measure_speed(options)}
    for name, archive, is_query in (
        ("fruits-360", options.fruits_360, _in_test),
        ("grocery", options.grocery, _held_out_of(options.grocery)),
    ):
        facts["photos"][name] = {
            model: recognise(model, archive, is_query, options) for model in (TEACHER, STUDENT)
        }
    print(table(facts))
    keep("networks", facts)


def measure_speed(options: argparse.Namespace) -> dict[str, Any]:
    """Let the networks take turns on one core, for each backend; images per second and ratios."""
    speed: dict[str, Any] = {}
    for backend in options.backends:
        rates: dict[str, list[float]] = {TEACHER: [], STUDENT: []}
        for _ in range(options.rounds):
            for model, measured in rates.items():
                measured.append(_engine_rate(model, backend, options))
        pairs = zip(rates[STUDENT], rates[TEACHER], strict=True)
        ratios = [student / teacher for student, teacher in pairs]
        medians = {model: statistics.median(measured) for model, measured in rates.items()}
        speed[backend] = {"rates": rates, **medians, "ratio": statistics.median(ratios)}
    return speed


def _engine_rate(model: str, backend: str, options: argparse.Namespace) -> float:
    arguments = ["--model", model, "--backend", backend, "--slots", "1"]
    arguments += ["--seconds", str(options.seconds)]
    if model == TEACHER and options.weights:
        arguments += ["--weights", options.weights]
    rate: float = engine_loop.run(engine_loop.parse(arguments))["images_per_second"]
    return rate


def recognise(
    model: str, archive: Path, is_query: Callable[[str], bool], options: argparse.Namespace
) -> dict[str, Any]:
    """Compute the features of an archive as a user would, and the share of queries recognised."""
    weights = options.weights if model == TEACHER else None
    with tempfile.TemporaryDirectory(prefix="fruits-bench-") as scratch:
        config = Config(
            input=str(archive), output=scratch, model=model, weights=weights, runner="local"
        )
        report = features(config)
        table = ds.dataset(Path(scratch, "features"), partitioning="hive").to_table(
            ["path", "label", "features"]
        )
    vectors = table["features"].combine_chunks().flatten().to_numpy().reshape(len(table), -1)
    queries = np.array([is_query(path) for path in table["path"].to_pylist()])
    labels = np.array(table["label"].to_pylist())
    right = nearest(vectors[~queries], labels[~queries], vectors[queries]) == labels[queries]
    return {
        "known": int((~queries).sum()),
        "queries": int(queries.sum()),
        "right": int(right.sum()),
        "accuracy": float(right.mean()),
        "fingerprint": report.model.fingerprint,
        "images_per_second": report.throughput.images_per_second,
    }


def nearest(known: Vectors, labels: NDArray[np.str_], queries: Vectors) -> NDArray[np.str_]:
    """Give each query the label of the known vector of the largest cosine."""
    known = known / np.linalg.norm(known, axis=1, keepdims=True)
    found = [
        (queries[start : start + QUERIES] @ known.T).argmax(axis=1)
        for start in range(0, len(queries), QUERIES)
    ]
    chosen: NDArray[np.str_] = labels[np.concatenate(found)]
    return chosen


def table(facts: dict[str, Any]) -> str:
    """Lay the figures out as Markdown."""
    lines = [f"| | {TEACHER} | {STUDENT} | |", "|---|---|---|---|"]
    for name, by_model in facts["photos"].items():
        teacher, student = by_model[TEACHER], by_model[STUDENT]
        gap = 100 * (student["accuracy"] - teacher["accuracy"])
        lines.append(
            f"| {name}, 1-NN of {student['queries']:,} among {student['known']:,} "
            f"| {teacher['accuracy']:.2%} | {student['accuracy']:.2%} | {gap:+.2f} points |"
        )
    for backend, speed in facts["speed"].items():
        lines.append(
            f"| {backend}, one core, images/s | {speed[TEACHER]:.0f} | {speed[STUDENT]:.0f} "
            f"| {speed['ratio']:.1f}× |"
        )
    return "\n".join(lines)


def _in_test(path: str) -> bool:
    return "/Test/" in path


def _held_out_of(archive: Path) -> Callable[[str], bool]:
    import zipfile

    from fruits.images.formats import is_image_path

    with zipfile.ZipFile(archive) as file:
        kept = held_out(filter(is_image_path, file.namelist()))
    return kept.__contains__


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fruits-360", type=Path, default=SHARED / "fruits-360.zip")
    parser.add_argument("--grocery", type=Path, default=SHARED / "grocery-fruit.zip")
    parser.add_argument("--weights", help="of MobileNetV2 (default: where fruits looks)")
    parser.add_argument("--backends", nargs="+", default=["onnx", "openvino"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each turn")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
