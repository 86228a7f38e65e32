"""Decides between Spark and local processes, and says why."""

import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from fruits.config import Config
from fruits.errors import RunnerError

INSTALL_SPARK: Final = "pip install 'fruits[spark]'"
INSTALL_JAVA: Final = "install a Java 17 runtime (Debian: apt-get install openjdk-17-jre-headless)"


@dataclass(frozen=True)
class Choice:
    """The runner taken and the reason, as a sentence for the person who waits."""

    name: Literal["spark", "local"]
    reason: str


def choose_runner(config: Config, *, live_session: bool) -> Choice:
    """Choose Spark where there is one to join or it is asked for, and local processes elsewhere.

    On one machine both do the same work at the same rate, and Spark's start is never repaid
    (docs/decisions/0020-auto.md). Raises RunnerError when Spark is asked for (`runner`, `master`)
    and cannot run here.
    """
    if config.runner == "local":
        return Choice("local", "asked for by --runner local")
    if config.runner == "spark" or config.master:
        if not live_session and (missing := what_spark_lacks()):
            raise RunnerError(f"Spark cannot run here: {missing}; or take --runner local")
        return Choice("spark", f"asked for by {_asked_by(config)}")
    if live_session:
        return Choice("spark", "a Spark session is live")
    return Choice("local", "no Spark session is live, no --master given")


def _asked_by(config: Config) -> str:
    return f"--master {config.master}" if config.master else "--runner spark"


def what_spark_lacks() -> str | None:
    """Say what Spark needs that this machine lacks, and how to get it; None if nothing."""
    if "pyspark" not in sys.modules and importlib.util.find_spec("pyspark") is None:
        return f"pyspark is not installed ({INSTALL_SPARK})"
    if java_command() is None:
        return f"no Java was found ({INSTALL_JAVA}, or set JAVA_HOME)"
    return None


def java_command() -> str | None:
    """Return the `java` that Spark would start: JAVA_HOME's, else the one on the PATH."""
    home = os.environ.get("JAVA_HOME")
    candidate = Path(home) / "bin" / "java" if home else None
    if candidate is not None:
        return str(candidate) if candidate.exists() else None
    return shutil.which("java")
