"""Which scenes are played, in which order: all of them for each Spark, on one Hadoop cluster."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from benchmarks.final_state import State
from benchmarks.slow_network import slow_network
from fruits.cloud.command import Command
from fruits.cloud.package import Package
from fruits.cloud.request import Request
from fruits.cloud.size import Size
from fruits.cloud.stage import default_stage, staged
from fruits.config import Config
from rehearsal.emr_step import run_step
from rehearsal.hadoop import Hadoop
from rehearsal.scenes import Scene, look_around, play, play_with_a_kill, strays
from rehearsal.spark import Spark
from rehearsal.stagehand import Stagehand, check_same, copy_in, state_of
from rehearsal.standalone import run_there, standalone
from rehearsal.timings import startups

EMR_LINE: Final = "3.5"
"""The line of Spark that EMR 7 has."""

SLOW: Final = "slow.onnx"
PLACE: Final = "Pêches d'été #2?%20"
"""Photos lie in a folder whose name no shell, URL or JVM may take apart."""


@dataclass
class Programme:
    """A rehearsal on its way, and the figures it has taken so far."""

    cluster: Hadoop
    package: Package
    photos: Path
    model: str
    options: tuple[str, ...]
    work: Path
    weights: str | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    references: dict[str, State] = field(default_factory=dict)

    @property
    def input(self) -> str:
        """Where the photos lie in HDFS."""
        return f"{self.cluster.hdfs}/{PLACE}/photos"

    @property
    def size(self) -> tuple[str, ...]:
        """Two executors of one slot; both are waited for, also where they come slowly."""
        wait = "spark.scheduler.maxRegisteredResourcesWaitingTime=180s"
        package = str(self.package.folder)
        return ("--executors", "2", "--cores", "1", "--conf", wait, "--package", package)

    def hand(self, spark: Spark) -> Stagehand:
        """Stand at the edge of the cluster with this Spark."""
        conf = spark.configure(self.work / f"spark-{spark.line}")
        return Stagehand(
            self.work,
            {
                **({"FRUITS_WEIGHTS": self.weights} if self.weights else {}),
                "SPARK_HOME": str(spark.home),
                "SPARK_CONF_DIR": str(conf),
                "HADOOP_CONF_DIR": str(self.cluster.configuration),
                "PATH": f"{self.cluster.work / 'bin'}:{os.environ['PATH']}",
            },
        )

    def local(self, hand: Stagehand, model: str) -> State:
        """Run in local processes on the photos' originals: what every other run must equal."""
        if model not in self.references:
            self.references[model] = self._run_here(hand, model)
        return self.references[model]

    def _run_here(self, hand: Stagehand, model: str) -> State:
        output = self.work / f"local-{Path(model).stem}"
        hand.fruits("run", "--input", str(self.photos), "--output", str(output),
                    "--runner", "local", "--model", model, *self.options)  # fmt: skip
        return state_of(output)

    def play(self, spark: Spark, *, short: bool = False) -> None:
        """Play every scene on one Spark; in short, the first ones: a run, and the step of EMR."""
        hand = self.hand(spark)
        with self._timed(spark, "on YARN"):
            application = self._on_yarn(hand, spark)
        self._read_logs(hand, spark, application)
        if spark.line == EMR_LINE:
            with self._timed(spark, "the step of EMR"):
                self._as_a_step(hand, spark)
        if short:
            return
        with self._timed(spark, "on YARN, an executor killed"):
            self._with_a_kill(hand, spark)
        with self._timed(spark, "the clean environment"), edge(hand):
            self._look_around(spark)
        with self._timed(spark, "on Spark standalone"), edge(hand):
            self._on_standalone(hand, spark)

    def _on_yarn(self, hand: Stagehand, spark: Spark) -> str:
        output = f"{self.cluster.hdfs}/out-{spark.line}"
        scene = Scene(
            hand, self.input, output, ("--model", self.model, *self.options),
            self.size,
        )  # fmt: skip
        reference = self.local(hand, self.model)
        play(scene, reference, self.work / f"copy-{spark.line}")
        report = scene.report()
        self._note(spark, "workers", len(report["workers"]))
        self._note(spark, "peak worker MB", report["peak_worker_rss_mb"])
        if len(report["workers"]) < 2:
            raise SystemExit(f"one worker did it all: {report['workers']}")
        return str(report["spark"]["application"])

    def _read_logs(self, hand: Stagehand, spark: Spark, application: str) -> None:
        """Read the application's log as a user would, and find the run and its workers in it."""
        log = ""
        for _ in range(20):  # aggregated some seconds after the end
            said = hand.fruits("cloud", "logs", "yarn", application, check=False)
            log = said.stdout
            if log.count("ready: ") >= 2:
                break
            time.sleep(1)
        for words in ("run 2", "unit 000000", "ready: "):
            if words not in log:
                raise SystemExit(f"{words!r} is not in the log of {application}")
        logs = [daemon.log for daemon in self.cluster.node_managers]
        self._note(spark, "executors", [asdict(each) for each in startups(logs, log)])

    def _with_a_kill(self, hand: Stagehand, spark: Spark) -> None:
        model = str(self.work / SLOW)
        output = f"{self.cluster.hdfs}/killed-{spark.line}"
        scene = Scene(
            hand, self.input, output, ("--model", model, *self.options),
            self.size,
        )  # fmt: skip
        reference = self.local(hand, model)
        play_with_a_kill(scene, reference, self.work / f"killed-{spark.line}", self.cluster)

    def _as_a_step(self, hand: Stagehand, spark: Spark) -> None:
        output = f"{self.cluster.hdfs}/step-{spark.line}"
        scene = Scene(
            hand, self.input, output, ("--model", self.model, *self.options),
            self.size,
        )  # fmt: skip
        run_step(scene, default_stage(output), str(spark.home))
        check_same(output, self.local(hand, self.model), self.work / f"step-copy-{spark.line}")

    def _look_around(self, spark: Spark) -> None:
        target = f"{self.cluster.hdfs}/probe-{spark.line}/seen.json"
        seen = look_around(self._command(f"{self.cluster.hdfs}/unused"), target)
        everybody = [seen["driver"], *seen["workers"]]
        found = sorted({stray for each in everybody for stray in strays(each)})
        self._note(spark, "python", sorted({each["python"] for each in everybody}))
        if found:
            raise SystemExit(f"not from the archive: {', '.join(found)}\n{everybody}")

    def _on_standalone(self, hand: Stagehand, spark: Spark) -> None:
        output = f"{self.cluster.hdfs}/standalone-{spark.line}"
        reference = self.local(hand, self.model)
        work, conf = self.work / f"standalone-{spark.line}", self.work / f"spark-{spark.line}"
        command = self._command(output)
        with standalone(work, spark.home, self.cluster.java_home, conf) as there:
            run_there(there, replace(command, size=replace(command.size, dynamic=False)),
                      self.package, work)  # fmt: skip
        check_same(output, reference, self.work / f"standalone-copy-{spark.line}")

    def _command(self, output: str) -> Command:
        config = Config(input=self.input, output=output, model=self.model)
        return Command(
            request=Request("run", config),
            package=staged(self.package, default_stage(output)),
            size=Size(executors=2, cores=1),
        )

    @contextmanager
    def _timed(self, spark: Spark, what: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        seconds = round(time.monotonic() - started, 1)
        self._note(spark, what, seconds)
        print(f"Spark {spark.version} {what}: {seconds} s", flush=True)

    def _note(self, spark: Spark, what: str, value: object) -> None:
        self.figures.setdefault(spark.version, {})[what] = value

    def prepare(self) -> int:
        """Put the photos into HDFS, and the slow network beside us; return the files copied."""
        (self.work / SLOW).write_bytes(slow_network())
        return copy_in(self.photos, self.input)


@contextmanager
def edge(hand: Stagehand) -> Iterator[None]:
    """Let this very process stand at the edge of the cluster, for what is no command of fruits."""
    before = dict(os.environ)
    os.environ.update(hand.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
