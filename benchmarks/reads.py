"""Counts how often a folder's files are opened and read, from outside: by their access times."""

import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

PERIOD_SECONDS = 0.5
QUIET_NS = 100_000_000
"""A file read so short a time ago may still be at it: its time is set back at the next look."""

NOISE = 0.01
"""The share of the files that may be counted twice all the same, where a reader pauses."""


class Reads:
    """Counts the reads of `files` between `with` and its end; `count` says how many so far.

    Every half second each file's access time is looked at and, if it has moved, set back to 1970:
    a file read twice within that time counts once. A filesystem mounted `relatime`, Linux's
    default, moves such an old time on the next read; on one mounted `noatime` nothing is counted.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self.count = 0
        self._files = [str(file) for file in files]
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="reads", daemon=True)

    def __enter__(self) -> "Reads":
        """Forget every earlier read."""
        self._take(before=time.time_ns())
        self.count = 0
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Count the last reads."""
        self._done.set()
        self._watcher.join()
        self._take(before=time.time_ns())

    def _watch(self) -> None:
        while not self._done.wait(PERIOD_SECONDS):
            self._take(before=time.time_ns() - QUIET_NS)

    def _take(self, *, before: int) -> None:
        for file in self._files:
            facts = os.stat(file)  # noqa: PTH116  (thousands of files, twice a second)
            if 0 < facts.st_atime_ns <= before:
                os.utime(file, ns=(0, facts.st_mtime_ns))
                self.count += 1
