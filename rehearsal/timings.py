"""How long an executor takes from YARN's word to its first task: read from the logs of both."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

_MOVED: Final = re.compile(
    r"^(\S+ \S+) .*Container (container_\S+) transitioned from (\w+) to (\w+)", re.MULTILINE
)
_SECTION: Final = re.compile(r"^Container: (container_\S+) on ", re.MULTILINE)
_READY: Final = re.compile(
    r"^(\S+) fruits run \S+ worker (\S+) ready: ([\d.]+) s from its start to its first task, "
    r"([\d.]+) s for the broadcast, ([\d.]+) s for the network$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Startup:
    """Seconds of one executor: files fetched and unpacked, then the JVM up to the first network."""

    container: str
    localised: float
    ready: float
    python: float
    network: float


def startups(node_logs: list[Path], application_log: str) -> list[Startup]:
    """Match the node managers' logs with what workers said of themselves."""
    moves = {key: when for log in node_logs for key, when in _moves(log.read_text("utf-8"))}
    return list(_matched(moves, application_log))


def _moves(log: str) -> Iterator[tuple[tuple[str, str], datetime]]:
    for when, container, _, state in _MOVED.findall(log):
        yield (container, state), datetime.strptime(when, "%Y-%m-%d %H:%M:%S,%f").astimezone()


def _matched(moves: dict[tuple[str, str], datetime], log: str) -> Iterator[Startup]:
    heads = [(found.start(), found[1]) for found in _SECTION.finditer(log)]
    for (start, container), (end, _) in zip(heads, [*heads, (len(log), "")][1:], strict=True):
        found = _READY.search(log, start, end)
        begun, running = (moves.get((container, s)) for s in ("LOCALIZING", "RUNNING"))
        if found and begun and running:
            ready = datetime.fromisoformat(found[1])
            yield Startup(
                container,
                localised=(running - begun).total_seconds(),
                ready=(ready - running).total_seconds(),
                python=float(found[3]),
                network=float(found[4]) + float(found[5]),
            )
