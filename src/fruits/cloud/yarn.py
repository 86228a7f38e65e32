"""A Hadoop cluster, seen from its edge: spark-submit, `yarn`, and the storage."""

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from fruits.cloud.command import TAG, Command
from fruits.cloud.spark_submit import SparkSubmit
from fruits.cloud.watch import follow
from fruits.errors import INTERRUPTED, CloudError, ConfigError
from fruits.report.posted import Posted, read_posted
from fruits.stages.progress import Progress
from fruits.storage.output import Output

WAIT: Final = "spark.yarn.submit.waitAppCompletion"
GRACE_SECONDS: Final = 60.0
"""How long a driver that has posted its end may take to go."""


@dataclass(frozen=True)
class Outcome:
    """How a submission ended: the driver's own exit code, None while it runs."""

    application: str
    exit_code: int | None
    message: str = ""


def check_configured() -> None:
    """Raise ConfigError where nothing tells which cluster is meant."""
    named = os.environ.get("HADOOP_CONF_DIR") or os.environ.get("YARN_CONF_DIR")
    if not named or not (Path(named) / "yarn-site.xml").is_file():
        raise ConfigError(
            f"HADOOP_CONF_DIR = {named!r} holds no yarn-site.xml: let it name the folder with the "
            "cluster's configuration"
        )


def submit(command: Command, progress: Progress, *, wait: bool = True) -> Outcome:
    """Send the command; with `wait`, follow the run until it has ended.

    Interrupted while it waits, it leaves the application alone and says how to go on. Raises
    CloudError where the cluster refuses, or the driver dies without a word.
    """
    command = replace(command, extra={**command.extra, WAIT: str(wait).lower()})
    started = SparkSubmit(command.arguments(), note=progress.note)
    if not wait:
        if started.wait():
            raise CloudError(_refusal(started))
        return Outcome(started.application, None)
    output = Output(command.request.config.output)
    try:
        posted = follow(lambda: read_posted(output, command.submission), started.alive, progress)
        code = started.end(GRACE_SECONDS)
    except KeyboardInterrupt:
        started.let_go()
        return Outcome(started.application, INTERRUPTED, still_running(started.application))
    return _outcome(started, posted, code)


def _outcome(started: SparkSubmit, posted: Posted | None, code: int) -> Outcome:
    if posted is not None and posted.exit_code is not None:
        return Outcome(started.application, posted.exit_code, posted.message)
    if code or posted is None:
        raise CloudError(_refusal(started))
    return Outcome(started.application, code)


def _refusal(started: SparkSubmit) -> str:
    """Say why there was no run, or where to read why."""
    reason = started.trouble or next(reversed(started.lines), "spark-submit said nothing")
    if not started.application:
        return f"the cluster did not take the application: {reason}"
    return (
        f"{started.application} ended without a result ({reason}): "
        f"`fruits cloud logs yarn {started.application}` shows what its driver said"
    )


def still_running(application: str) -> str:
    """Say how to go on when nobody waits any longer."""
    if not application:
        return (
            "interrupted before the cluster said that it had taken the application: "
            "`fruits cloud status yarn` tells whether it did"
        )
    return (
        f"{application} goes on without you: `fruits cloud status yarn` tells how far it is, "
        f"`fruits cloud destroy yarn {application}` ends it"
    )


def status() -> str:
    """Return YARN's list of our applications, ended ones too."""
    return _yarn("application", "-list", "-appStates", "ALL", "-appTags", TAG)


def logs(application: str) -> str:
    """Return what the driver and the executors of an application wrote."""
    return _yarn("logs", "-applicationId", application)


def destroy(application: str) -> str:
    """End an application; what it committed is kept."""
    return _yarn("application", "-kill", application)


def _yarn(*arguments: str) -> str:
    command = shutil.which("yarn")
    if command is None:
        raise CloudError("there is no `yarn` on the PATH: it comes with Hadoop")
    check_configured()
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines()
        raise CloudError(f"yarn {' '.join(arguments)} failed: {told[-1] if told else 'no reason'}")
    return done.stdout
