"""Spark standalone on loopback: a master and two workers, with nothing of ours but the archive."""

import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fruits.cloud.command import Command
from fruits.cloud.package import ARCHIVE, Package
from fruits.cloud.spark_submit import SparkSubmit
from rehearsal.daemons import Daemon, bare_environment, wait_until

WORKERS: Final = 2
_URL: Final = re.compile(r"Starting Spark master at (spark://\S+)")


@dataclass(frozen=True)
class Standalone:
    """A master's URL, and its daemons."""

    url: str
    daemons: list[Daemon]


@contextmanager
def standalone(work: Path, spark_home: Path, java_home: Path, conf: Path) -> Iterator[Standalone]:
    """Run a master and two workers of one core each for the block; stop them whatever happens."""
    environ = bare_environment(
        java_home, SPARK_HOME=str(spark_home), SPARK_CONF_DIR=str(conf), SPARK_LOCAL_IP="127.0.0.1"
    )
    spark_class = str(spark_home / "bin" / "spark-class")
    daemons: list[Daemon] = []

    def launch(name: str, *arguments: str) -> Daemon:
        command = [spark_class, f"org.apache.spark.deploy.{arguments[0]}", *arguments[1:]]
        daemon = Daemon.start(name, command, log=work / f"{name}.log", environ=environ)
        daemons.append(daemon)
        return daemon

    try:
        master = launch("master", "master.Master", "--host", "127.0.0.1", "--port", "0",
                        "--webui-port", "0")  # fmt: skip
        wait_until("Spark's master", lambda: bool(_url(master)), daemons)
        for number in range(WORKERS):
            launch(f"worker{number}", "worker.Worker", "--cores", "1", "--memory", "4g",
                   "--webui-port", "0", "--work-dir", str(work / f"work{number}"),
                   _url(master))  # fmt: skip
        registered = "Registering worker"
        wait_until("Spark's workers", lambda: _log(master).count(registered) == WORKERS, daemons)
        yield Standalone(_url(master), daemons)
    finally:
        for daemon in reversed(daemons):
            daemon.stop()


def run_there(cluster: Standalone, command: Command, package: Package, work: Path) -> None:
    """Run a command in client mode: the driver's Python is the archive's too, unpacked here."""
    unpacked = work / "environment"
    with tarfile.open(package.folder / ARCHIVE) as archive:
        archive.extractall(unpacked, filter="data")
    settings = {"spark.pyspark.driver.python": str(unpacked / "bin" / "python"), **command.extra}
    there = Command(
        request=command.request,
        package=str(package.folder),
        size=command.size,
        master=cluster.url,
        deploy_mode="client",
        extra=settings,
    )
    submit = SparkSubmit(there.arguments())
    if submit.wait():
        raise SystemExit("the run on Spark standalone failed:\n" + "\n".join(submit.lines))


def _log(daemon: Daemon) -> str:
    return daemon.log.read_text(errors="replace")


def _url(master: Daemon) -> str:
    found = _URL.search(_log(master))
    return found[1] if found else ""
