"""From how many photos on a cluster is worth its start: measured seconds here, estimated there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.document import newest
from fruits.cloud.estimate import IMAGES_PER_SECOND, PER_IMAGE_SECONDS, Workload, estimate
from fruits.cloud.prices import read_prices
from fruits.cloud.size import Size
from fruits.cloud.tariffs import Plan

MODEL: Final = "mobilenet_v2"
TARGETS: Final = ("ec2", "emr-serverless", "emr")
HERE: Final = {"local": "fruits, local", "plain": "plain Python", "spark": "fruits, Spark"}
POINTS: Final = (1_000, 10_000, 25_000, 50_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
WITHOUT_LIMIT: Final = 24 * 60.0
HOURS: Final = (1, 8)
SIZE: Final = Size(executors=3, cores=4)
"""Twelve slots, what `fruits cloud estimate` takes when nothing else is said."""

BUDGET_EUROS: Final = 10.0


def measure() -> dict[str, Any]:
    """Return what each place takes for so many photos, and where two of them meet."""
    file = newest("compare")
    if file is None:
        raise SystemExit("no comparison kept: run `make bench` first")
    lines = {key: line_of(file, name) for key, name in HERE.items()}
    rates = {"cautious": IMAGES_PER_SECOND[MODEL], "measured": rate_of(file)}
    return {
        "from": file.name,
        "lines": lines,
        "rates": rates,
        "meet": {
            name: {target: meet(lines["local"], target, rate) for target in TARGETS}
            for name, rate in rates.items()
        },
        "within": {
            str(hours): {target: most_within(target, hours * 3600) for target in TARGETS}
            for hours in HOURS
        },
        "budget": {target: most_for(target, BUDGET_EUROS) for target in TARGETS},
        "serial": {
            "per_image": PER_IMAGE_SECONDS,
            "most_per_second": 1 / PER_IMAGE_SECONDS,
            "half_slots": 1 / (PER_IMAGE_SECONDS * rates["cautious"]),
        },
        "hundred_thousand": {target: point(target, 100_000) for target in TARGETS},
        "million": {target: point(target, 1_000_000) for target in TARGETS},
        "points": [point(target, images) for target in TARGETS for images in POINTS],
    }


def line_of(file: Path, name: str) -> dict[str, float]:
    """Fit start + images × each to a chain's runs on two cores: seconds from command to matrix."""
    runs = [
        (run["images"], run["seconds"])
        for run in json.loads(file.read_text("utf-8"))["growth"]
        if run["name"] == name and run["cores"] == 2
    ]
    images, seconds = np.array(runs).T
    each, start = np.polyfit(images, seconds, 1)
    return {"start": float(start), "per_second": float(1 / each)}


def rate_of(file: Path) -> float:
    """Return the images per second and slot of our chain on Spark in the largest comparison."""
    facts = json.loads(file.read_text("utf-8"))
    largest = facts["sizes"][-1]
    rates = [
        run["throughput"]["images_per_second"]
        for run in largest["runs"]
        if run["name"] == "fruits, Spark" and "throughput" in run
    ]
    return float(np.mean(rates)) / float(facts["slots"])


def seconds_there(target: str, images: int, rate: float | None = None) -> float:
    """Return the seconds that `fruits cloud estimate` expects, the machines' start included."""
    work = Workload(images=images, model=MODEL, images_per_second=rate)
    return estimate(work, plan_of(target), read_prices()).seconds


def plan_of(target: str) -> Plan:
    """Return the plan of a target, with no time limit in the way."""
    return Plan(target=target, size=SIZE, timeout_minutes=WITHOUT_LIMIT)


def meet(here: dict[str, float], target: str, rate: float) -> int | None:
    """Return the number of photos from which `target` ends first, None if never."""
    return first(lambda n: seconds_there(target, n, rate) < here["start"] + n / here["per_second"])


def most_within(target: str, seconds: float) -> int | None:
    """Return the number of photos that a target no longer does in so many seconds."""
    return first(lambda images: seconds_there(target, images) > seconds)


def most_for(target: str, euros: float) -> int | None:
    """Return the number of photos whose run, and a month of storage, cost more than `euros`."""
    return first(lambda images: bool(point(target, images)["total"] > euros))


def first(holds: Callable[[int], bool], most: int = 100_000_000) -> int | None:
    """Return the least number for which `holds` is true, where it stays so; None above `most`."""
    if not holds(most):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def point(target: str, images: int) -> dict[str, Any]:
    """Return seconds and euros of one target for so many photos."""
    found = estimate(Workload(images=images, model=MODEL), plan_of(target), read_prices())
    return {
        "target": target,
        "images": images,
        "seconds": found.seconds,
        "compute": found.expected["compute"],
        "storage": found.expected["storage"],
        "total": found.total,
    }
