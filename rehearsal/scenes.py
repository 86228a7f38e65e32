"""The scenes of the rehearsal on YARN: a run, one with an executor killed, and a look around."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.final_state import State
from fruits.cloud.command import Command
from fruits.cloud.spark_submit import SparkSubmit
from fruits.storage.output import Output
from rehearsal.hadoop import Hadoop
from rehearsal.stagehand import Said, Stagehand, check_same

EXECUTOR: Final = "YarnCoarseGrainedExecutorBackend"
PATIENCE: Final = 240.0
ARCHIVES: Final = ("/environment/lib", "/environment.tar.gz/lib")
"""Where an archive's libraries lie: in the container, and in the node's cache that it points to."""


@dataclass(frozen=True)
class Scene:
    """A run on YARN: from `photos` to `output`, both in HDFS, with these options of `run`."""

    hand: Stagehand
    photos: str
    output: str
    options: tuple[str, ...]
    size: tuple[str, ...] = ("--executors", "2", "--cores", "1")

    @property
    def arguments(self) -> list[str]:
        """What a user types after `fruits`."""
        run = ["run", "--input", self.photos, "--output", self.output, *self.options]
        return ["cloud", "submit", "yarn", *self.size, "--", *run]

    def report(self) -> dict[str, Any]:
        """Read the run's report."""
        found: dict[str, Any] = json.loads(Output(self.output).read("report.json") or b"{}")
        return found


def play(scene: Scene, reference: State, copy: Path) -> Said:
    """Run, look at what was told meanwhile, and compare with the local run."""
    said = scene.hand.fruits(*scene.arguments)
    # A stage of less than two seconds may come and go between two looks.
    for word in ("run 2", "submission 2", "/proxy/application_", "publish"):
        if word not in said.stderr:
            raise SystemExit(f"nothing of {word!r} was told while it ran:\n{said.stderr}")
    check_same(scene.output, reference, copy)
    return said


def play_with_a_kill(scene: Scene, reference: State, copy: Path, cluster: Hadoop) -> Said:
    """Run, kill an executor (-9) when the first units are done, and compare all the same."""
    process = scene.hand.start(*scene.arguments)
    end = time.monotonic() + PATIENCE
    while not _receipts(scene.output):
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit(f"no unit was done before the run ended:\n{process.communicate()[1]}")
        time.sleep(0.1)
    victim = next(executors(cluster), None)
    if victim is None:
        raise SystemExit("no executor was there to be killed")
    victim.kill()
    stdout, stderr = process.communicate()
    if process.returncode:
        raise SystemExit(f"the run did not survive its executor:\n{stderr}")
    check_same(scene.output, reference, copy)
    return Said(process.returncode, stdout, stderr)


def executors(cluster: Hadoop) -> Iterator[psutil.Process]:
    """Find the executors' JVMs among the descendants of our own node managers, and no others."""
    for manager in cluster.node_managers:
        for child in psutil.Process(manager.process.pid).children(recursive=True):
            command = child.cmdline()
            if EXECUTOR in " ".join(command) and Path(command[0]).name == "java":
                yield child


def _receipts(output: str) -> list[str]:
    place = Output(output)
    folder = "_fruits/receipts"
    return [name for run in place.names(folder) for name in place.names(f"{folder}/{run}")]


def look_around(command: Command, target: str) -> dict[str, Any]:
    """Run the probe with the very command of a run, and return what it saw."""
    probe = Path(__file__).with_name("probe.py")
    arguments = command.arguments()
    launch = next(n for n, part in enumerate(arguments) if part.endswith("/launch.py"))
    submit = SparkSubmit([*arguments[:launch], str(probe), target])
    if submit.wait():
        raise SystemExit("the probe failed:\n" + "\n".join(submit.lines))
    folder, _, name = target.rpartition("/")
    seen: dict[str, Any] = json.loads(Output(folder).read(name) or b"{}")
    return seen


def strays(seen: dict[str, Any]) -> list[str]:
    """Name what a process could import that is not Python's own, Spark's, nor the archive's.

    `seen` is one entry of the probe's.
    """
    archive = str(Path(str(seen["found"]["fruits"])).parents[1])
    found = [f"import {name}" for name in seen["strangers"]]
    if not archive.endswith(ARCHIVES):
        found.append(f"fruits from {archive}")
    found += [entry for entry in seen["path"] if not _expected(entry, archive, seen["folder"])]
    for name, origin in seen["found"].items():
        if name != "pyspark" and not str(origin).startswith(f"{archive}/"):
            found.append(f"{name} from {origin}")
    return found


def _expected(entry: str, archive: str, folder: str) -> bool:
    """Tell whether a process may look there: see `strays`."""
    installed = "site-packages" in entry or "dist-packages" in entry
    standard = not installed and bool(re.search(r"/lib/python3\.?11(/lib-dynload|\.zip)?$", entry))
    spark = entry.endswith((".zip", ".jar")) and ("pyspark" in entry or "py4j" in entry)
    # A container's own folder, and Spark's for files, hold what was submitted and nothing else.
    sent = entry in {".", folder} or "/usercache/" in entry
    return standard or spark or sent or entry == archive
