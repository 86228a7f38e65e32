"""One server process: started with its own log, known by its own process id, and stopped by it."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

START_SECONDS: Final = 180.0
STOP_SECONDS: Final = 15.0

JAVA_OPTIONS: Final = (
    "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.net.preferIPv4Stack=true",
    # Hadoop's web pages are made by a library that looks into the JVM's own classes.
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
)  # fmt: skip


@dataclass(frozen=True)
class Daemon:
    """A server that runs, and the file that it writes its log to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(
        cls, name: str, command: Sequence[str], *, log: Path, environ: Mapping[str, str]
    ) -> "Daemon":
        """Start it, in a group of processes of its own."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            process = subprocess.Popen(
                list(command), env=dict(environ), stdin=subprocess.DEVNULL,
                stdout=file, stderr=subprocess.STDOUT, start_new_session=True, cwd=log.parent,
            )  # fmt: skip
        return cls(name, process, log)

    def check(self) -> None:
        """Raise SystemExit, with the end of its log, if it has died."""
        if self.process.poll() is not None:
            end = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise SystemExit(f"{self.name} died (see {self.log}):\n{end}")

    def stop(self) -> None:
        """End it and whatever it has started, politely first."""
        if not psutil.pid_exists(self.process.pid):
            return
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for child in children:
            if child.is_running():
                child.kill()


def wait_until(what: str, ready: Callable[[], bool], daemons: Sequence[Daemon]) -> None:
    """Wait for something to be true; a daemon that dies meanwhile ends the wait."""
    end = time.monotonic() + START_SECONDS
    while not ready():
        for daemon in daemons:
            daemon.check()
        if time.monotonic() > end:
            logs = ", ".join(str(daemon.log) for daemon in daemons)
            raise SystemExit(f"{what}: not after {START_SECONDS:g} s, see {logs}")
        time.sleep(0.2)


def listens(port: int) -> bool:
    """Tell whether somebody accepts connections on a port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def bare_environment(java_home: Path, **more: str) -> dict[str, str]:
    """Return an environment as a machine of a cluster has it: no virtual environment, no locale."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "JAVA_HOME": str(java_home),
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C",
        **more,
    }
