"""Runs spark-submit beside us, and reads in what it says the application's name and end."""

import os
import re
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fruits.errors import CloudError

KEPT_LINES: Final = 400

_APPLICATION: Final = re.compile(r"\bapplication_\d+_\d+\b")
_TRACKING: Final = re.compile(r"tracking URL: (\S+)")
_TROUBLE: Final = re.compile(
    r"diagnostics: (?!N/A)(.+)|^Exception in thread .*?: (.+)|^Error: (.+)"
)

_CLOSING: Final = "finished with failed status"
"""Of Spark's last sentence, which only repeats that the application failed, not why."""


class SparkSubmit:
    """A spark-submit that runs until its application has ended, or was accepted."""

    def __init__(
        self, command: Sequence[str], *, note: Callable[[str], None] = lambda _: None
    ) -> None:
        """Start it; `note` hears once of the application and its page, from another thread.

        Raises CloudError where there is no spark-submit.
        """
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self.application = self.trouble = ""
        self._note, self._page = note, ""
        self._process = subprocess.Popen(
            [find_spark_submit(), *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=clean_environment(),
            start_new_session=True,  # Ctrl-C is for us: the application goes on
        )
        self._reader = threading.Thread(target=self._read, name="spark-submit", daemon=True)
        self._reader.start()

    def alive(self) -> bool:
        """Tell whether it still runs."""
        return self._process.poll() is None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit code."""
        code = self._process.wait(timeout)
        self._reader.join(5)
        return code

    def end(self, seconds: float) -> int:
        """Wait so long for its end, then end it; return its exit code."""
        try:
            return self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.let_go()
            return self.wait()

    def let_go(self) -> None:
        """End it; the application goes on without it."""
        self._process.terminate()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._notice(line.rstrip())

    def _notice(self, line: str) -> None:
        self.lines.append(line)
        if not self.application and (found := _APPLICATION.search(line)):
            self.application = found[0]
        if not self._page and (found := _TRACKING.search(line)):
            self._page = found[1]
            self._note(f"{self.application}: {self._page}")
        if (found := _TROUBLE.search(line)) and not (self.trouble and _CLOSING in line):
            self.trouble = next(part for part in found.groups() if part)


def find_spark_submit() -> str:
    """Find spark-submit: SPARK_HOME's, the PATH's, or that of an installed pyspark."""
    homes = [Path(home) / "bin" for home in (os.environ.get("SPARK_HOME"),) if home]
    spec = find_spec("pyspark")
    installed = [Path(spec.origin).parent / "bin"] if spec and spec.origin else []
    for place in (*homes, None, *installed):
        found = shutil.which("spark-submit", path=str(place) if place else None)
        if found:
            return found
    raise CloudError(
        "no spark-submit here: set SPARK_HOME, put it on the PATH, or pip install 'fruits[spark]'"
    )


def clean_environment() -> dict[str, str]:
    """Return our environment without the Pythons that a user may have set for Spark.

    spark-submit would have the driver on the cluster look for them there.
    """
    ours = {"PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON", "PYSPARK_DRIVER_PYTHON_OPTS"}
    return {name: value for name, value in os.environ.items() if name not in ours}
