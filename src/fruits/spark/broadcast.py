"""Carries a value from the driver to the workers through Spark, and only through Spark."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from fruits.backends.choose import resolve_backend
from fruits.backends.seam import Payload
from fruits.choices import Precision
from fruits.models.model import load_model
from fruits.spark.session import classic_context
from fruits.work.task import Shared

if TYPE_CHECKING:
    from pyspark import Broadcast, SparkContext
    from pyspark.sql import SparkSession

T = TypeVar("T")


@dataclass(frozen=True)
class SharedBroadcast(Generic[T]):
    """A Spark broadcast variable behind the seam of the runners."""

    broadcast: "Broadcast[T]"

    def get(self) -> T:
        """Return the value; a worker reads it from its executor's block store the first time."""
        value: T = self.broadcast.value
        return value


@dataclass(frozen=True)
class SharedClosure(Generic[T]):
    """A value that travels inside the task itself, where Spark Connect offers no broadcast."""

    value: T

    def get(self) -> T:
        """Return the value."""
        return self.value


def share(context: "SparkContext | None", value: T) -> Shared[T]:
    """Broadcast the value; without a SparkContext (Spark Connect) let it travel in the closure."""
    return SharedClosure(value) if context is None else SharedBroadcast(context.broadcast(value))


def broadcast_weights(
    spark: "SparkSession",
    model: str = "mobilenet_v2",
    *,
    weights: str | None = None,
    backend: str = "auto",
    precision: Precision = "f32",
) -> Shared[Payload]:
    """Broadcast a network's frozen weights; `.get()` in a worker returns the Payload.

    With `backend="tensorflow"` the payload holds the TensorFlow weights themselves: load it with
    `fruits.load_backend("tensorflow", shared.get())`, which builds the network with
    `weights=None` and then calls `set_weights`. No worker reads a file or opens a connection.
    Raises ModelError when the weights are missing or the backend is not installed.
    """
    resolved = resolve_backend(backend, precision)
    loaded = load_model(model, weights=weights, fit="squash", precision=precision, backend=resolved)
    return share(classic_context(spark), loaded.payload)
