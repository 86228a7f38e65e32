"""Borrows the live Spark session, or owns one that fits this machine and stops it at the end."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from fruits.errors import ConfigError, RunnerError
from fruits.spark.gateway import start_context, stop_context

QUIET_LOGS: Final = Path(__file__).with_name("log4j2.properties")

LOCAL_SETTINGS: Final = {
    # The JVM only hands out units and keeps receipts: a short start matters more than peak speed.
    "spark.driver.extraJavaOptions": (
        f"-Dlog4j2.configurationFile={QUIET_LOGS.as_uri()} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    ),
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.ui.enabled": "false",
}

SETTINGS: Final = {
    "spark.python.worker.reuse": "true",
    "spark.task.maxFailures": "4",
    "spark.ui.showConsoleProgress": "false",
}

CARRIED: Final = (
    "FRUITS_S3_ENDPOINT",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_SKIP_SIGNATURE",
)
"""Where S3 is: what the driver's environment says must hold on executors too. Never credentials."""


@dataclass(frozen=True)
class Session:
    """Spark, borrowed or ours: its context, or on Spark Connect, which has none, its session."""

    context: SparkContext | None
    connect: SparkSession | None = None
    owned: bool = False

    @classmethod
    def of(cls, spark: SparkSession) -> "Session":
        """Borrow a session that somebody else has started."""
        context = classic_context(spark)
        return cls(context, connect=None if context else spark)

    @property
    def spark(self) -> SparkSession:
        """Return the session proper; a context of ours gets one when it is first asked for."""
        return self.connect or SparkSession(self.context)

    def close(self) -> None:
        """Stop the context if we started it; a borrowed one lives on."""
        if self.owned and self.context is not None:
            stop_context(self.context)


def classic_context(spark: SparkSession) -> SparkContext | None:
    """Return the session's SparkContext; None on Spark Connect, which has none."""
    try:
        return spark.sparkContext
    except Exception:  # noqa: BLE001  (Connect raises a class of its own, absent from Spark 3.5)
        return None


def live_session() -> SparkSession | None:
    """Return the session that this process already has (notebook, Databricks), if any."""
    active = SparkSession.getActiveSession()
    if active is None and SparkContext._active_spark_context is not None:
        # Active sessions belong to a thread, and the runner starts in one of its own.
        return SparkSession.builder.getOrCreate()
    return active


def _place(master: str | None) -> str:
    """Name where Spark was to start: what was asked for, else spark-submit's wish, else here."""
    return master or ("the master that spark-submit names" if submitted() else "local[*]")


def _reason(error: Exception) -> str:
    """Say why the JVM refused, in its own first line: py4j only says that it did."""
    told = getattr(error, "java_exception", None)
    return str(told).splitlines()[0] if told is not None else str(error)


def open_session(master: str | None = None) -> Session:
    """Borrow the live session, or start one on `master` (spark-submit's, else local[*]).

    Raises ConfigError if a live session has another master, RunnerError if Spark does not start.
    """
    live = live_session()
    if live is not None:
        _check_master(live, master)
        return Session.of(live)
    try:
        return Session(_start(master), owned=True)
    except Exception as exc:
        raise RunnerError(
            f"Spark did not start on {_place(master)}: {_reason(exc)}. "
            "`fruits doctor` tells what is missing; `--runner local` needs no Java"
        ) from exc


def _check_master(live: SparkSession, master: str | None) -> None:
    current = live.conf.get("spark.master", None)
    if master and current and with_retries(current) != with_retries(master):
        raise ConfigError(
            f"master = {master!r}, but a Spark session is live on {current!r}: "
            "stop that session first, or leave the master out to borrow it"
        )


def _start(master: str | None) -> SparkContext:
    """Start a context and no more: the classes of a SparkSession alone would take 1.5 s."""
    conf = SparkConf().setAppName("fruits")
    if submitted():
        return SparkContext(conf=conf.setMaster(master) if master else conf)
    conf.setAll(list(session_settings(master).items()))
    return start_context(conf.setMaster(with_retries(master or "local[*]")))


def with_retries(master: str) -> str:
    """Let Spark try a task again in local mode too, where one dead worker would end the run.

    There the number of attempts is part of the master: `local[2,4]` for `local[2]`.
    """
    found = re.fullmatch(r"local(?:\[(\d+|\*)\])?", master)
    return f"local[{found[1] or 1},{SETTINGS['spark.task.maxFailures']}]" if found else master


def session_settings(master: str | None) -> dict[str, str]:
    """Return the settings of a session of our own (spark-submit's are left alone)."""
    settings = dict(SETTINGS)
    settings |= {
        f"spark.executorEnv.{name}": os.environ[name] for name in CARRIED if name in os.environ
    }
    if (master or "local").startswith("local"):
        settings |= LOCAL_SETTINGS
        settings["spark.driver.memory"] = f"{driver_memory_mb()}m"
        # The workers must be this very Python: the one that has fruits and its libraries.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return settings


def submitted() -> bool:
    """Tell whether spark-submit started this process, and so has set everything."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def driver_memory_mb() -> int:
    """Give the JVM an eighth of this machine's memory, from 1 to 4 GiB.

    The pixels and vectors live in the Python workers, not in the JVM.
    """
    eighth = psutil.virtual_memory().total // 8 // 2**20
    return int(min(max(eighth, 1024), 4096))
