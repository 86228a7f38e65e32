"""`--backend auto`: the fastest engine for this network on these workers, found once a machine."""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fruits.backends.choose import backend_versions, rivals
from fruits.backends.seam import Payload
from fruits.config import Config
from fruits.errors import ModelError
from fruits.models.cache import cache_folder, write_atomically
from fruits.models.model import Model
from fruits.runners.seam import Runner
from fruits.work.race import Race, mean_seconds
from fruits.work.task import Shared

REPAID: Final = 2_000
"""Images from which a race, some two seconds on MobileNetV2, is worth it; fewer take the first."""

CLEARLY: Final = 0.95
"""What another engine must need of the first one's time to be preferred: noise decides nothing."""

MOST_RACERS: Final = 64

TELLING: Final = ("model name", "flags", "CPU implementer", "CPU part", "Features")


@dataclass(frozen=True)
class Engine:
    """The backend taken and the reason, for the person who waits."""

    name: str
    reason: str


def choose_engine(
    config: Config, runner: Runner, model: Model, payload: Shared[Payload], *, images: int
) -> Engine:
    """Return the backend for `images` images: the one asked for, or the fastest one installed.

    On this machine a race's result is remembered with the processor, the versions and the network
    it holds for. A cluster races in every run: its machines are others each time.
    """
    names = rivals(config.backend, config.precision)
    if len(names) == 1:
        return Engine(names[0], f"--backend {config.backend}, {config.precision}")
    record = _record(model) if _is_here(runner) else None
    seconds = _recall(record, names)
    if seconds is None:
        if images < REPAID:
            return Engine(names[0], f"{images:,} images are not worth a race")
        racers = [b""] * min(runner.slots, MOST_RACERS)
        seconds = mean_seconds(runner.run(Race(payload, names), racers))
        _remember(record, seconds)
    times = ", ".join(f"{name} {1000 * taken:.1f} ms" for name, taken in seconds.items())
    return Engine(winner_of(seconds, first=names[0]), f"an image takes {times}")


def winner_of(seconds: Mapping[str, float], *, first: str) -> str:
    """Return the backend that needs clearly less than the first one, else the first one."""
    best = min(seconds, key=lambda name: seconds[name], default=first)
    return best if first in seconds and seconds[best] < CLEARLY * seconds[first] else first


def _is_here(runner: Runner) -> bool:
    """Tell whether the workers are processes of this very machine."""
    return runner.spark is None or runner.spark["master"].startswith("local")


def _record(model: Model) -> Path:
    """Name the file that holds a race's result: another processor or version is another race."""
    versions = json.dumps(backend_versions(), sort_keys=True)
    told = "\n".join([model.fingerprint, versions, _processor()])
    return cache_folder() / "engines" / f"{hashlib.sha256(told.encode()).hexdigest()[:16]}.json"


def _processor() -> str:
    try:
        first = Path("/proc/cpuinfo").read_text("utf-8").split("\n\n")[0]
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return "\n".join(line for line in first.splitlines() if line.startswith(TELLING))


def _recall(record: Path | None, names: tuple[str, ...]) -> dict[str, float] | None:
    try:
        found = json.loads(record.read_bytes()) if record else None
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict):
        return None
    return {name: float(found[name]) for name in names if name in found} or None


def _remember(record: Path | None, seconds: dict[str, float]) -> None:
    if record is None:
        return
    try:
        write_atomically(record, json.dumps(seconds).encode())
    except ModelError:  # a cache that cannot be written costs a race in the next run, no more
        return
