"""The network of this worker process: loaded once from the shared payload, then kept."""

import threading
from typing import Protocol

from fruits.backends.choose import load_backend
from fruits.backends.seam import Embed, Payload
from fruits.work.task import Shared


class Wanted(Protocol):
    """Which network is to run, and how: a `Job`, or a stage of a pipeline."""

    @property
    def model(self) -> str:
        """The network's fingerprint."""

    @property
    def backend(self) -> str:
        """A backend's resolved name."""

    @property
    def threads(self) -> int:
        """Inference threads."""


_engines: dict[tuple[str, str, int], Embed] = {}
_lock = threading.Lock()
_loads = 0


def engine_of(wanted: Wanted, payload: Shared[Payload]) -> Embed:
    """Return the wanted network, loading it if this process has not done so before."""
    global _loads  # noqa: PLW0603  (the count is a fact about the process)
    key = (wanted.model, wanted.backend, wanted.threads)
    with _lock:
        if key not in _engines:
            _engines.clear()  # one network at a time: a worker's memory is budgeted for one
            _engines[key] = load_backend(wanted.backend, payload.get(), threads=wanted.threads)
            _loads += 1
        return _engines[key]


def loads() -> int:
    """Count the networks that this process has loaded since it started."""
    return _loads
