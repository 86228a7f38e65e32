"""The network of this worker process: loaded once from the shared payload, then kept."""

import threading

from fruits.backends.choose import load_backend
from fruits.backends.seam import Embed, Payload
from fruits.work.job import Job
from fruits.work.task import Shared

_engines: dict[tuple[str, str, int], Embed] = {}
_lock = threading.Lock()
_loads = 0


def engine_of(job: Job, payload: Shared[Payload]) -> Embed:
    """Return the job's network, loading it if this process has not done so before."""
    global _loads  # noqa: PLW0603  (the count is a fact about the process)
    key = (job.model, job.backend, job.threads)
    with _lock:
        if key not in _engines:
            _engines.clear()  # one network at a time: a worker's memory is budgeted for one
            _engines[key] = load_backend(job.backend, payload.get(), threads=job.threads)
            _loads += 1
        return _engines[key]


def loads() -> int:
    """Count the networks that this process has loaded since it started."""
    return _loads
