"""The runner of the brief: each item is the one row of a partition, each partition a Spark task."""

import uuid
from collections.abc import Sequence
from typing import TypeVar

from fruits.errors import RunnerError
from fruits.runners.seam import SparkFacts
from fruits.spark.broadcast import share
from fruits.spark.failures import reason_of
from fruits.spark.jobs import run_on_connect, run_on_context
from fruits.spark.session import Session
from fruits.spark.slots import slots_of
from fruits.work.task import Shared, Task

T = TypeVar("T")


class SparkRunner:
    """Runs tasks on the executors of a session, one item per Spark task, in one pass."""

    name = "spark"

    def __init__(self, session: Session, *, run_id: str = "") -> None:
        self._session = session
        self._context = session.context
        self._group = f"fruits-{run_id or uuid.uuid4().hex[:8]}"
        self.slots = slots_of(session)

    @property
    def spark(self) -> SparkFacts:
        """Tell Spark's version, its master and the slots it gives us."""
        context = self._context
        return {
            "version": context.version if context else self._session.spark.version,
            "master": context.master if context else "connect",
            "cores": self.slots,
            "application": context.applicationId if context else "",
        }

    def share(self, value: T) -> Shared[T]:
        """Broadcast the value to the executors."""
        return share(self._context, value)

    def run(self, task: Task, items: Sequence[bytes]) -> list[bytes]:
        """Run the task on every item; Spark places the items, retries and speculates."""
        if not items:
            return []
        try:
            if self._context is None:
                return run_on_connect(self._session.spark, task, items)
            # A job group belongs to the thread that starts the job.
            what = f"{self._group}: {type(task).__name__}"
            self._context.setJobGroup(self._group, what, interruptOnCancel=True)
            return run_on_context(self._context, task, items)
        except Exception as exc:
            raise RunnerError(f"the Spark job failed: {reason_of(exc)}") from exc

    def cancel(self) -> None:
        """Cancel the jobs of this runner, and no others."""
        if self._context is not None:
            self._context.cancelJobGroup(self._group)

    def close(self) -> None:
        """Stop the session if it is ours."""
        self._session.close()
