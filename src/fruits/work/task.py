"""The seam between the work and the runners: a task, and values shared with every worker."""

from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Shared(Protocol[T_co]):
    """A value that the runner carries to each worker once: a Spark broadcast, a pool's start-up."""

    def get(self) -> T_co:
        """Return the value, in the driver or in a worker."""
        ...


class Task(Protocol):
    """What a worker does with one packed item; it is pickled to the worker, so keep it small."""

    def __call__(self, item: bytes) -> bytes:
        """Do the work of one item and return its packed result."""
        ...
