"""A Hadoop cluster's own `yarn` command: lists, reads and ends our applications."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from fruits.cloud.command import TAG
from fruits.cloud.target import RunStatus
from fruits.errors import CloudError, ConfigError


def check_configured() -> None:
    """Raise ConfigError where nothing tells which cluster is meant."""
    named = os.environ.get("HADOOP_CONF_DIR") or os.environ.get("YARN_CONF_DIR")
    if not named or not (Path(named) / "yarn-site.xml").is_file():
        raise ConfigError(
            f"HADOOP_CONF_DIR = {named!r} holds no yarn-site.xml: let it name the folder with the "
            "cluster's configuration"
        )


def status(run: str | None = None) -> list[RunStatus]:
    """Return YARN's list of our applications, ended ones too, the newest first."""
    told = _yarn("application", "-list", "-appStates", "ALL", "-appTags", TAG)
    rows = [[cell.strip() for cell in line.split("\t")] for line in told.splitlines()]
    found = [_status(row) for row in rows if row[0].startswith("application_")]
    return sorted(
        (one for one in found if run in {None, one.run}), key=lambda one: one.run, reverse=True
    )


def _status(row: Sequence[str]) -> RunStatus:
    """Read a line of the list: id, name, type, user, queue, state, final state, progress, page."""
    run, name, _, _, _, state, final, *_ = row
    ended = "" if final == "UNDEFINED" else final.lower()
    return RunStatus(run, name, state, detail=ended)


def logs(application: str) -> str:
    """Return what the driver and the executors of an application wrote."""
    return _yarn("logs", "-applicationId", application)


def destroy(application: str) -> str:
    """End an application; what it committed is kept."""
    return _yarn("application", "-kill", application)


def _yarn(*arguments: str) -> str:
    command = shutil.which("yarn")
    if command is None:
        raise CloudError(
            "there is no `yarn` on the PATH: it comes with Hadoop, in its folder bin. Without it "
            "`fruits cloud status yarn --output hdfs://…` tells how far a run is"
        )
    check_configured()
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines()
        raise CloudError(f"yarn {' '.join(arguments)} failed: {told[-1] if told else 'no reason'}")
    return done.stdout
