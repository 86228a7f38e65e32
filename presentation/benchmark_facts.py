"""The newest figures of each benchmark → the facts that the slides compare."""

import json
import re
from pathlib import Path
from typing import Any, Final

from benchmarks.contestants import COMPONENTS

FOLDER: Final = Path(__file__).resolve().parents[1] / "benchmarks" / "results"
RECORDING: Final = Path(__file__).resolve().parents[1] / "docs" / "images" / "demonstration.cast"

OURS: Final = "fruits, Spark"
THEIRS: Final = "apprentice"
SHOWN: Final = (THEIRS, "apprentice, best variant", "Spark's own tools", "Ray Data", "Daft",
                "plain Python", OURS, "fruits, local")  # fmt: skip
"""The chains on the slide, whose names in slides.toml stand in this order."""

STEPS: Final = {
    "theirs": THEIRS,
    "once": "apprentice, best variant",
    "onnx": "Spark's own tools",
    "direct": "fruits, Spark, ONNX Runtime",
}
"""From the apprentice's features to ours: network kept, ONNX for Keras, no pixels in the JVM."""

MIDDLE: Final = 10_000
LARGE: Final = 26_837
VOLUMES: Final = {"first": 1_000_000, "second": 10_000_000}
"""Photos to come: what was measured is prolonged to them, in a straight line."""


def benchmark_facts(folder: Path = FOLDER) -> dict[str, Any]:
    """Return the facts of all benchmarks; FileNotFoundError names the one that was not run."""
    compare = newest("compare", folder)
    return (
        _machine(compare)
        | _chains(compare)
        | _growth(compare)
        | _increments(newest("increments", folder))
        | _kills(newest("kills", folder))
        | recording_facts()
    )


def newest(name: str, folder: Path) -> dict[str, Any]:
    """Read the newest figures of a benchmark."""
    if not (found := sorted(folder.glob(f"{name}-*.json"))):
        raise FileNotFoundError(f"no {name}-*.json in {folder}: run python -m benchmarks.{name}")
    facts: dict[str, Any] = json.loads(found[-1].read_text(encoding="utf-8"))
    return facts


def runs_of(compare: dict[str, Any], images: int) -> dict[str, dict[str, Any]]:
    """Return the runs of one size by the chains' names; KeyError where it was not measured."""
    sizes = {size["images"]: size["runs"] for size in compare["sizes"]}
    return {run["name"]: run for run in sizes[images]}


def _machine(compare: dict[str, Any]) -> dict[str, Any]:
    machine = compare["machine"]
    return {"bench.cores": machine["cores"], "bench.memory_gb": machine["memory_gb"]}


def _chains(compare: dict[str, Any]) -> dict[str, Any]:
    middle, large = runs_of(compare, MIDDLE), runs_of(compare, LARGE)
    facts: dict[str, Any] = {
        "bench.images": MIDDLE,
        "bench.components": COMPONENTS,
        "bench.seconds": [middle[name]["seconds"] for name in SHOWN],
        "bench.faster": middle[THEIRS]["seconds"] / middle[OURS]["seconds"],
        "bench.cosine": middle[OURS]["least_cosine"],
        "bench.large.images": LARGE,
        "bench.large.faster": large[THEIRS]["seconds"] / large[OURS]["seconds"],
    }
    facts |= _ratios(middle, large)
    for who, name in (("theirs", THEIRS), ("ours", OURS)):
        run = middle[name]
        facts |= {f"bench.{who}.{stage}": run["stages"][stage] for stage in ("reduce", "publish")}
        facts[f"bench.{who}.seconds"] = run["seconds"]
        facts[f"bench.{who}.large.peak_gb"] = large[name]["peak_mb"] / 1000
        for place, volume in VOLUMES.items():
            hours = run["seconds"] / MIDDLE * volume / 3600
            facts[f"growth.{who}.hours.{place}"] = hours
    return facts


def _ratios(middle: dict[str, Any], large: dict[str, Any]) -> dict[str, Any]:
    """How many times more the apprentice's chain takes; and its features, step by step to ours."""
    theirs, ours = middle[THEIRS], middle[OURS]
    facts = {f"bench.ratio.{stage}": theirs["stages"][stage] / ours["stages"][stage]
             for stage in ("reduce", "publish")}  # fmt: skip
    facts["bench.ratio.peak"] = large[THEIRS]["peak_mb"] / large[OURS]["peak_mb"]
    steps = {f"bench.features.{step}": middle[name]["stages"]["features"]
             for step, name in STEPS.items()}  # fmt: skip
    return facts | steps


def _growth(compare: dict[str, Any]) -> dict[str, Any]:
    """Seconds of our chain on one core and on two, and how much faster two are."""
    ours = [run for run in compare["growth"] if run["name"] == OURS]
    [alone] = [run for run in ours if run["cores"] == 1]
    [both] = [run for run in ours if run["cores"] == 2 and run["images"] == alone["images"]]
    return {
        "growth.images": alone["images"],
        "growth.alone": alone["seconds"],
        "growth.both": both["seconds"],
        "growth.gain": alone["seconds"] / both["seconds"],
    } | {f"growth.volume.{place}": volume for place, volume in VOLUMES.items()}


def _increments(increments: dict[str, Any]) -> dict[str, Any]:
    summary = increments["summary"]
    return {
        "again.images": increments["images"],
        "again.full": summary["full"]["seconds"],
        "again.seconds": summary["no change"]["seconds"],
        "again.new": summary["new images"]["featurised"],
        "again.new.share": summary["new images"]["of_a_full_run"],
    }


def _kills(kills: dict[str, Any]) -> dict[str, Any]:
    rounds = kills["rounds"]
    return {
        "kills.images": kills["images"],
        "kills.count": len(rounds),
        "kills.wrong": sum(bool(each["problems"]) for each in rounds),
    } | {f"kills.{who}": sum(each["victim"] == who for each in rounds)
         for who in ("driver", "worker", "executor")}  # fmt: skip


def recording_facts(file: Path = RECORDING) -> dict[str, Any]:
    """Return what the recording of the demonstration shows: its length, and its run's counts."""
    events = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    shown = "".join(text for _, kind, text in events if kind == "o")
    found = re.search(r"(\d+) listed, \d+ skipped, (\d+) featurised, (\d+) rejected", shown)
    if not found:
        raise ValueError(f"{file} shows no counts of images: record it again")
    counts = dict(zip(("listed", "featurised", "rejected"), map(int, found.groups()), strict=True))
    return {"recording.seconds": round(events[-1][0])} | {
        f"recording.{name}": count for name, count in counts.items()
    }
