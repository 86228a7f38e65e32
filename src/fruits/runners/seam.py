"""What every runner offers: slots, values shared with the workers, and tasks run on items."""

from collections.abc import Sequence
from typing import Protocol, TypedDict, TypeVar

from fruits.work.task import Shared, Task

T = TypeVar("T")


class SparkFacts(TypedDict):
    """What `report.json` tells of Spark; under `application` a cluster keeps its logs."""

    version: str
    master: str
    cores: int
    application: str


class Runner(Protocol):
    """Spreads packed items over workers. Results come back in the order of the items.

    A runner retries an item whose worker died; an item that kills its worker again and again, or
    a task that raises, ends the run with a RunnerError that carries the reason.
    """

    name: str
    slots: int

    @property
    def spark(self) -> SparkFacts | None:
        """Tell which Spark is at work; None where there is none."""
        ...

    def share(self, value: T) -> Shared[T]:
        """Carry a value to every worker, once; call it before `run`."""
        ...

    def run(self, task: Task, items: Sequence[bytes]) -> list[bytes]:
        """Run the task on every item and return the results in the items' order; blocks."""
        ...

    def cancel(self) -> None:
        """Stop what `run` is doing, from another thread."""
        ...

    def close(self) -> None:
        """Give back what the runner itself started."""
        ...
