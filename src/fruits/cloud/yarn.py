"""A Hadoop cluster, seen from its edge: spark-submit, `yarn`, and the storage."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fruits.cloud.command import Command
from fruits.cloud.request import Request
from fruits.cloud.spark_submit import SparkSubmit
from fruits.cloud.stage import default_stage
from fruits.cloud.target import Outcome, RunStatus
from fruits.cloud.watch import follow
from fruits.cloud.yarn_tool import check_configured, destroy, logs, status
from fruits.errors import INTERRUPTED, CloudError
from fruits.report.posted import Posted, read_posted
from fruits.stages.progress import Progress
from fruits.storage.output import Output

WAIT: Final = "spark.yarn.submit.waitAppCompletion"
GRACE_SECONDS: Final = 60.0
"""How long a driver that has posted its end may take to go."""


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


@dataclass(frozen=True)
class Yarn:
    """The cluster that HADOOP_CONF_DIR names, as a target (see target.py)."""

    master: str = "yarn"
    platform: str | None = None
    region: str | None = None
    extras: tuple[str, ...] = ()

    def check(self, request: Request, *, dry_run: bool) -> Sequence[str]:
        """Refuse where nothing names the cluster; to look at the command, none is needed."""
        if not dry_run:
            check_configured()
        return ()

    def stage(self, request: Request) -> str:
        """Return the place for packages in the storage of the output."""
        return default_stage(request.config.output)

    def plan(self, command: Command) -> Mapping[str, Any]:
        """Return the command."""
        return {"command": command.arguments()}

    def submit(self, command: Command, progress: Progress, *, wait: bool) -> Outcome:
        """Send the command."""
        return submit(command, progress, wait=wait)

    def status(self, run: str | None) -> Sequence[RunStatus]:
        """Return our applications."""
        return status(run)

    def logs(self, run: str) -> Iterator[str]:
        """Yield the application's logs."""
        yield logs(run)

    def end(self, run: str) -> str:
        """Kill the application."""
        return destroy(run).strip() or f"{run} is being ended"
