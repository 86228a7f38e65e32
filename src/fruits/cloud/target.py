"""The seam between the commands and the places that a run can be sent to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from fruits.cloud.command import Command
from fruits.cloud.request import Request
from fruits.stages.progress import Progress


@dataclass(frozen=True)
class Outcome:
    """How a submission ended: the driver's own exit code, None while it runs.

    `run_id` is the chain's own name for it; `cost` what it came to, where the place charges.
    """

    application: str
    exit_code: int | None
    message: str = ""
    run_id: str = ""
    cost: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class RunStatus:
    """A run as its place tells it: the place's own id and word for its state, and when it began."""

    run: str
    name: str
    state: str
    started: str = ""
    detail: str = ""


class Target(Protocol):
    """A place for runs: all of them answer the same verbs, and the command line knows no other.

    Every method raises ConfigError for what cannot be meant, before anything is sent, and
    CloudError with the place's own words.
    """

    @property
    def master(self) -> str:
        """The cluster manager that Command is made for."""
        ...

    @property
    def platform(self) -> str | None:
        """The machines' platform where the place decides it, else None."""
        ...

    @property
    def extras(self) -> tuple[str, ...]:
        """What a package must hold beside what every run needs, since the place has it not."""
        ...

    @property
    def region(self) -> str | None:
        """The region of AWS whose prices count, None where running costs nothing more."""
        ...

    def check(self, request: Request, *, dry_run: bool) -> Sequence[str]:
        """Refuse a request that cannot run there; nothing has been made or sent yet.

        Returns what is not refused, and yet should be known.
        """
        ...

    def stage(self, request: Request) -> str:
        """Return the URI below which packages lie there."""
        ...

    def plan(self, command: Command) -> Mapping[str, Any]:
        """Return what `submit` would send, as `--dry-run` shows it; nothing is sent."""
        ...

    def submit(self, command: Command, progress: Progress, *, wait: bool) -> Outcome:
        """Send the command; with `wait`, follow the run until it has ended."""
        ...

    def status(self, run: str | None) -> Sequence[RunStatus]:
        """Return the runs of ours, the newest first, or the one that is named."""
        ...

    def logs(self, run: str) -> Iterator[str]:
        """Yield what the driver and the executors of a run wrote."""
        ...

    def end(self, run: str) -> str:
        """End a run, and say so; what it committed is kept."""
        ...
