"""One run of the chain in a session of its own: its processes, whom to kill, who outlives it."""

import os
import random
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, get_args

import psutil

Victim = Literal["driver", "worker", "executor"]
VICTIMS: tuple[Victim, ...] = get_args(Victim)

POLL_SECONDS = 0.02
STAGES = ("start", "list", "features", "reduce", "publish")


class Attempt:
    """A command at work, the driver of a run, and every process that descends from it.

    They are told apart by their session, whose number is the driver's: it outlives the driver, and
    the system gives the number to nobody else while one of them lives. `ended` is the driver's
    exit code, None while it runs; `log` holds what it says on stderr.
    """

    def __init__(self, command: Sequence[str], *, log: Path, environ: Mapping[str, str]) -> None:
        self.log = log
        with log.open("wb") as stderr:
            self._driver = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,
                env=os.environ | environ,
            )
        self._started = time.monotonic()
        self._extinct = False

    def __enter__(self) -> "Attempt":
        """Make sure that nobody of the run is left when the block ends."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Kill whoever is left."""
        self.end()

    @property
    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._started

    @property
    def ended(self) -> int | None:
        """Return the driver's exit code, negative for a signal; None while it runs."""
        return self._driver.poll()

    @property
    def stage(self) -> str:
        """Return the last stage that the run has announced; `launch` before the first one."""
        words = (line.partition(" ")[0] for line in self.log.read_text("utf-8").splitlines())
        return ([word for word in words if word in STAGES] or ["launch"])[-1]

    def wait(self, seconds: float) -> int | None:
        """Wait for the driver's end, but not for ever; return its exit code, None if it hangs."""
        try:
            return self._driver.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def family(self) -> list[psutil.Process]:
        """Return the living processes of the run, the driver first if it lives."""
        if self._extinct:
            return []
        found = [process for process in psutil.process_iter() if self._is_ours(process)]
        # Once nobody is left the number may be given to a stranger: never look again.
        self._extinct = not found and self.ended is not None
        return sorted(found, key=lambda process: process.pid != self._driver.pid)

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            ours = os.getsid(process.pid) == self._driver.pid
            return ours and process.status() != psutil.STATUS_ZOMBIE
        except (ProcessLookupError, psutil.NoSuchProcess):
            return False

    def kill(self, victim: Victim, *, rng: random.Random, patience: float) -> str | None:
        """Kill one victim of that kind at once, or the first to appear within `patience` seconds.

        Returns the stage the run was in; None where there was nobody to kill.
        """
        end = time.monotonic() + patience
        while self.ended is None and time.monotonic() < end:
            if found := self._living(victim):
                stage = self.stage
                rng.choice(found).kill()
                # The driver may have come to its end just before.
                return stage if victim != "driver" or self._driver.wait() < 0 else None
            time.sleep(POLL_SECONDS)
        return None

    def _living(self, victim: Victim) -> list[psutil.Process]:
        if victim == "driver":
            return [psutil.Process(self._driver.pid)]
        return [process for process in self.family() if kind_of(process) == victim]

    def outlive(self, patience: float) -> float:
        """Wait until nobody of the run is left; return the seconds it took, `patience` at most."""
        start = time.monotonic()
        while self.family() and time.monotonic() - start < patience:
            time.sleep(5 * POLL_SECONDS)
        return time.monotonic() - start

    def end(self) -> list[str]:
        """Kill whoever is left of the run; return their kinds."""
        kinds = [kind_of(process) for process in self.family()]
        while left := self.family():
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            self.wait(POLL_SECONDS)
        return kinds


def kind_of(process: psutil.Process) -> str:
    """Tell what a process of a run is: a kind of victim, or what keeps house for them."""
    try:
        words, parent = process.cmdline(), process.parent()
        above = parent.cmdline() if parent else []
    except psutil.Error:
        return "gone"
    if "pyspark.daemon" in words:
        # The daemon forks the workers, which keep its command line.
        return "worker" if "pyspark.daemon" in above else "daemon"
    marks = {
        "loky.backend.popen_loky_posix": "worker",
        "org.apache.spark.executor.CoarseGrainedExecutorBackend": "executor",
        "org.apache.spark.deploy.SparkSubmit": "jvm",
    }
    return next((kind for mark, kind in marks.items() if mark in words), "housekeeper")
