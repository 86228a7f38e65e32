"""Examines this machine, or an output: what is here, what is missing, and how to get it."""

import importlib.metadata
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final, TypedDict

import psutil

from fruits.backends.choose import backend_versions
from fruits.config import Config
from fruits.errors import ConfigError, FruitsError
from fruits.models.embedded import NAME as EMBEDDED
from fruits.models.embedded import read_embedded
from fruits.models.registry import find
from fruits.models.weights import find_weights, four_ways
from fruits.runners.choose import INSTALL_JAVA, INSTALL_SPARK, java_command
from fruits.stages.repair import find_leftovers, repair
from fruits.storage.output import CLAIM, Output

OLDEST_JAVA: Final = 17
LEAST_MEMORY_GB: Final = 2.0
LEAST_DISK_GB: Final = 2.0


class Finding(TypedDict):
    """One thing examined: its state is "ok", "optional" (absent, not needed) or "missing"."""

    check: str
    state: str
    found: str
    advice: str


def examine(output: str | None = None) -> list[Finding]:
    """Return the findings, in the order in which a newcomer needs them."""
    return [
        _python(),
        _cores(),
        _memory(),
        _java(),
        _package("pyspark", f"{INSTALL_SPARK}; the local runner does without"),
        _package("altair", "pip install 'fruits[report]'; without it no page, no figures"),
        *_backends(),
        _weights(),
        _embedded(),
        _disk(output or "."),
    ]


def examine_output(output: str, *, mend: bool) -> list[dict[str, Any]]:
    """Return what dead runs or mishaps have left in an output; with `mend`, put it in order.

    Raises ConfigError where there is no output, OutputBusy where a run is at work.
    """
    place = Output(output)
    if place.read(CLAIM) is None:
        raise ConfigError(f"{output} holds no results of fruits: check --output")
    found = repair(place, holder="doctor") if mend else find_leftovers(place)
    return [asdict(leftover) for leftover in found]


def _finding(check: str, found: str, *, state: str = "ok", advice: str = "") -> Finding:
    return {"check": check, "state": state, "found": found, "advice": advice}


def _python() -> Finding:
    return _finding("python", sys.version.split()[0])


def _cores() -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return _finding("cores", str(cores))


def _memory() -> Finding:
    free = psutil.virtual_memory().available / 2**30
    enough = free >= LEAST_MEMORY_GB
    advice = (
        "" if enough else f"free {LEAST_MEMORY_GB:.0f} GB, or use fewer slots: --master local[1]"
    )
    return _finding(
        "memory", f"{free:.1f} GB free", state="ok" if enough else "missing", advice=advice
    )


def _java() -> Finding:
    command = java_command()
    advice = f"{INSTALL_JAVA}; the local runner does without"
    if command is None:
        return _finding("java", "none", state="optional", advice=advice)
    version = java_version(command)
    if version is None or version < OLDEST_JAVA:
        found = f"{command}, version {version or 'unknown'}"
        return _finding("java", found, state="optional", advice=advice)
    return _finding("java", f"{version} ({command})")


def java_version(command: str) -> int | None:
    """Ask a `java` for its major version; None if it does not say."""
    try:
        asked = subprocess.run(
            [command, "-version"], capture_output=True, text=True, timeout=20, check=False
        )
    except OSError:
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', asked.stderr)
    return int(found.group(1)) if found else None


def _package(name: str, advice: str) -> Finding:
    try:
        return _finding(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return _finding(name, "none", state="optional", advice=advice)


def _backends() -> Iterator[Finding]:
    for name, version in backend_versions().items():
        extra = "" if version else f"pip install 'fruits[{name}]'"
        state = "ok" if version else "optional"
        yield _finding(f"backend {name}", version or "none", state=state, advice=extra)


def _weights() -> Finding:
    network = find(Config.model)
    try:
        weights = find_weights(network)
    except FruitsError as exc:
        return _finding("weights", "none", state="missing", advice=str(exc))
    if weights is None:
        return _finding("weights", "none", state="optional", advice=four_ways(network))
    return _finding("weights", f"{weights.path} ({weights.origin})")


def _embedded() -> Finding:
    try:
        own = read_embedded()
    except FruitsError as exc:
        return _finding(EMBEDDED, "damaged", state="missing", advice=str(exc))
    return _finding(EMBEDDED, f"in the package, sha256 {own.sha256[:16]}…")


def _disk(output: str) -> Finding:
    free = Output(output).free_bytes()
    if free is None:
        return _finding("disk", f"{output}: its storage tells no limit")
    enough = free / 2**30 >= LEAST_DISK_GB
    advice = "" if enough else f"free {LEAST_DISK_GB:.0f} GB, or choose another --output"
    state = "ok" if enough else "missing"
    return _finding("disk", f"{free / 2**30:.1f} GB free at {output}", state=state, advice=advice)
