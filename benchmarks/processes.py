"""Runs a command and watches what it costs in time and memory, with all that it starts."""

import os
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psutil

SAMPLE_SECONDS = 0.25


@dataclass
class Cost:
    """What a command cost: it and all that it started, daemons that it left to themselves included.

    `peak_mb` is the largest sum of proportional shares (PSS: memory that several processes share
    is counted once); `peak_of` the largest resident set per kind of process, in MiB: "driver" is
    the command itself, "jvm" a Java, "worker" any other. Processor seconds are sampled.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: int = 0
    peak_of: dict[str, int] = field(default_factory=dict)
    stdout: str = ""


class CommandError(RuntimeError):
    """A command ended with an error; the message has the end of what it said."""


def run(
    command: Sequence[str],
    *,
    environ: Mapping[str, str] | None = None,
    cores: int | None = None,
    timeout: float = 3600,
) -> Cost:
    """Run a command to its end, on the first `cores` cores or on all.

    Raises CommandError if it fails or takes too long.
    """
    # Some shells forbid it for tidiness: every start would then compile what it imports.
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    if cores:
        allowed = sorted(os.sched_getaffinity(0))[:cores]
        command = ["taskset", "--cpu-list", ",".join(map(str, allowed)), *command]
    cost, start = Cost(), time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**inherited, **(environ or {})},
    )
    watcher = _Watcher(process.pid, cost)
    watcher.start()
    try:
        cost.stdout, said = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as exc:
        process.kill()
        raise CommandError(f"{' '.join(command[:4])} … took more than {timeout:g} s") from exc
    finally:
        watcher.stop()
    cost.seconds = time.perf_counter() - start
    if process.returncode:
        raise CommandError(f"{' '.join(command[:4])} … failed:\n{said[-3000:]}")
    return cost


class _Watcher(threading.Thread):
    """Samples a family of processes until it is told to stop."""

    def __init__(self, root: int, cost: Cost) -> None:
        super().__init__(name="cost", daemon=True)
        self._root, self._cost = psutil.Process(root), cost
        self._known: dict[int, psutil.Process] = {root: self._root}
        self._cpu: dict[int, float] = defaultdict(float)
        self._over = threading.Event()

    def run(self) -> None:
        """Sample."""
        while not self._over.wait(SAMPLE_SECONDS):
            self._sample()

    def stop(self) -> None:
        """End, and add up."""
        self._over.set()
        self.join()
        self._cost.cpu_seconds = round(sum(self._cpu.values()), 2)

    def _sample(self) -> None:
        for known in list(self._known.values()):  # also those whose parent has died
            try:
                self._known |= {child.pid: child for child in known.children(recursive=True)}
            except psutil.Error:
                continue
        together = sum(self._look(process) for process in list(self._known.values()))
        self._cost.peak_mb = max(self._cost.peak_mb, round(together / 2**20))

    def _look(self, process: psutil.Process) -> int:
        try:
            times, memory = process.cpu_times(), process.memory_full_info()
            kind = self._kind(process)
        except psutil.Error:
            self._known.pop(process.pid, None)
            return 0
        self._cpu[process.pid] = times.user + times.system
        peak = self._cost.peak_of
        peak[kind] = max(peak.get(kind, 0), round(memory.rss / 2**20))
        return int(memory.pss)

    def _kind(self, process: psutil.Process) -> str:
        if process.pid == self._root.pid:
            return "driver"
        return "jvm" if process.name() == "java" else "worker"
