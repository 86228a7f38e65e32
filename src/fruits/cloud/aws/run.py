"""A run on AWS, whichever service has it: its state, its end, its cost, and waiting for it."""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from fruits.cloud.aws.bill import Bill
from fruits.cloud.target import Outcome
from fruits.cloud.watch import follow
from fruits.errors import INTERRUPTED, CloudError
from fruits.report.posted import Posted, read_posted
from fruits.stages.progress import Progress
from fruits.storage.output import Output

STATE_SECONDS: Final = 10.0
"""Between two questions about the state; each driver's own post is read more often, from S3."""

UNANSWERED: Final = 3
"""Questions in a row without an answer, each asked several times, after which we stop waiting."""

BILL_SECONDS: Final = 90.0
"""How long AWS may take to reckon what a run has used."""

GRACE_SECONDS: Final = 300.0
"""How long the machines may take to go, once the driver has posted its end."""


@dataclass(frozen=True)
class State:
    """What AWS says of a run; `name` is its own word."""

    name: str
    ended: bool = False
    succeeded: bool = False
    reason: str = ""


class Run(Protocol):
    """A run that has been launched; `id` is what the other verbs of its target take."""

    @property
    def id(self) -> str:
        """AWS' name for it."""
        ...

    @property
    def target(self) -> str:
        """The target's name."""
        ...

    def state(self) -> State:
        """Ask for the state; CloudError where AWS does not answer."""
        ...

    def end(self) -> None:
        """End it, and everything of it that costs money."""
        ...

    def bill(self) -> Bill | None:
        """Return what it has used, None where AWS does not say yet."""
        ...


class Pulse:
    """Asks for a run's state now and then, tells changes, and ends a run that has hung."""

    def __init__(self, run: Run, progress: Progress, *, minutes: float) -> None:
        self._run, self._progress = run, progress
        self._minutes, self._began = minutes, time.monotonic()
        self._asked = float("-inf")
        self._unanswered = 0
        self.state = State("")

    def alive(self) -> bool:
        """Tell whether the run goes on, as far as is known.

        Raises CloudError when AWS does not answer any more, or after the run's time, when it is
        ended.
        """
        now = time.monotonic()
        if now - self._asked >= STATE_SECONDS:
            self._asked = now
            self._ask()
        if not self.state.ended and now - self._began > self._minutes * 60:
            self._run.end()
            raise CloudError(
                f"{self._run.id} has not ended after {self._minutes:,.0f} min, its time and what "
                f"the machines may take, and has been ended; {_look(self._run)}"
            )
        return not self.state.ended

    def wait(self, seconds: float) -> State:
        """Wait so long for the end, and return the state."""
        until = time.monotonic() + seconds
        while self.alive() and time.monotonic() < until:
            time.sleep(min(STATE_SECONDS, 1.0))
        return self.state

    def _ask(self) -> None:
        before = self.state.name
        try:
            self.state, self._unanswered = self._run.state(), 0
        except CloudError as exc:
            self._unanswered += 1
            if self._unanswered >= UNANSWERED:
                raise CloudError(f"{exc}. {goes_on(self._run)}") from exc
        if self.state.name != before:
            self._progress.note(f"{self._run.id}: {self.state.name.lower()}")


def wait_for(
    run: Run, output_uri: str, submission: str, progress: Progress, *, minutes: float
) -> Outcome:
    """Follow a run until it has ended, `minutes` at the most, and return how and at what cost.

    Interrupted, it leaves the run alone, whose own brakes hold, and says how to go on. Raises
    CloudError for a run that ends without a word of its driver, or that hangs.
    """
    pulse, output = Pulse(run, progress, minutes=minutes), Output(output_uri)
    try:
        posted = follow(lambda: read_posted(output, submission), pulse.alive, progress)
        state = pulse.wait(GRACE_SECONDS)
        posted = read_posted(output, submission) or posted
    except KeyboardInterrupt:
        return Outcome(run.id, INTERRUPTED, f"interrupted. {goes_on(run)}")
    code, message = _verdict(run, state, posted)
    bill = _bill(run)
    run_id = posted.run_id if posted else ""
    return Outcome(run.id, code, message, run_id=run_id, cost=bill.facts() if bill else None)


def _bill(run: Run) -> Bill | None:
    """Return the bill, once AWS has reckoned it; a run is worth no less without."""
    until = time.monotonic() + BILL_SECONDS
    with suppress(CloudError):
        while (bill := run.bill()) is None and time.monotonic() < until:
            time.sleep(STATE_SECONDS)
        return bill
    return None


def _verdict(run: Run, state: State, posted: Posted | None) -> tuple[int, str]:
    if posted is not None and posted.exit_code is not None:
        return posted.exit_code, posted.message
    if not state.succeeded:
        reason = state.reason or f"it is {state.name.lower()}, and AWS gives no reason"
        raise CloudError(f"{run.id} ended without a result: {reason}; {_look(run)}")
    return 0, ""


def _look(run: Run) -> str:
    return f"`fruits cloud logs {run.target} {run.id}` shows what its driver said"


def goes_on(run: Run) -> str:
    """Say how to go on with a run for which nobody waits any longer."""
    return (
        f"{run.id} goes on without you, until its time is over: `fruits cloud status {run.target} "
        f"{run.id}` tells how far it is, `fruits cloud destroy {run.target} {run.id}` ends it"
    )
