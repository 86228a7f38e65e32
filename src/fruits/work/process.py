"""What one worker process does with a unit: fetch, prepare, embed, write part, then receipt."""

import hashlib
import os
import resource
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final, TypeVar

import numpy as np
import psutil

from fruits.backends.seam import Payload
from fruits.images.prepare import Prepared, Reject, prepare
from fruits.images.rejects import Reason, one_line
from fruits.storage.output import Output
from fruits.storage.parts import FEATURES_TABLE, REJECTED_TABLE, Part, write_part
from fruits.storage.prefetch import prefetch
from fruits.storage.source import DamagedError, Source, open_source
from fruits.work.engine import engine_of, loads
from fruits.work.job import Job
from fruits.work.log import tell
from fruits.work.receipts import Receipt, part_name, prove
from fruits.work.refusals import admitted
from fruits.work.rows import Rows
from fruits.work.task import Shared
from fruits.work.units import Unit

T = TypeVar("T")

PREPARED_AHEAD: Final = 16
"""Images prepared in a row before the network runs on each of them (10 MB of pixels at most).

Taking turns image by image, each would find the processor's caches full of the other's data:
0.41 instead of 0.25 ms to prepare a 100×100 JPEG.
"""


@dataclass(frozen=True)
class FeaturiseUnit:
    """The features task: a packed unit in, its packed receipt out; see design section 3."""

    job: Job
    payload: Shared[Payload]

    def __call__(self, item: bytes) -> bytes:
        """Featurise one unit, or return its receipt if an earlier attempt already wrote it."""
        unit = Unit.unpack(item)
        output = Output(self.job.output)
        return prove(output, self.job.run_id, unit.name, lambda: self._featurise(unit, output))

    def _featurise(self, unit: Unit, output: Output) -> Receipt:
        started, loaded = time.time(), loads_before(self.job.run_id)
        rows = collect_rows(self.job, unit, payload=self.payload)
        with rows.clock("write"):
            features, rejects = self._write(unit, output, rows)
        return Receipt(
            run_id=self.job.run_id,
            unit=unit.name,
            model=self.job.model,
            backend=self.job.backend,
            featurised=rows.featurised,
            rejected=rows.rejected,
            features=features,
            rejects=rejects,
            replaces=unit.replaces,
            worker=worker_name(),
            started=started,
            ended=time.time(),
            model_loads=loads() - loaded,
            peak_rss_mb=peak_rss_mb(),
            seconds=rows.seconds,
            decoders=dict(rows.decoders),
            reasons=dict(rows.reasons),
        )

    def _write(self, unit: Unit, output: Output, rows: Rows) -> tuple[Part | None, Part | None]:
        name, model = part_name(self.job.run_id, unit.name), self.job.model
        features = rejects = None
        if rows.featurised:
            table = rows.feature_table(self.job.run_id)
            features = write_part(output, FEATURES_TABLE, table, model=model, name=name)
        if rows.rejected:
            table = rows.reject_table(self.job.run_id, model)
            rejects = write_part(output, REJECTED_TABLE, table, model=model, name=name)
        return features, rejects


@dataclass(frozen=True)
class WarmUp:
    """A task that loads the network in a worker and does nothing else, before the clock starts."""

    job: Job
    payload: Shared[Payload]

    def __call__(self, item: bytes) -> bytes:
        """Load the network and run it once on a black image."""
        loads_before(self.job.run_id)
        called = time.time()
        height, width = self.payload.get().input_size
        received = time.time()
        engine_of(self.job, self.payload)(np.zeros((1, height, width, 3), np.uint8))
        tell(
            self.job.run_id,
            f"worker {worker_name()} ready: {called - process_started():.2f} s from its start to "
            f"its first task, {received - called:.2f} s for the broadcast, "
            f"{time.time() - received:.2f} s for the network",
        )
        return worker_name().encode()


@lru_cache(maxsize=1)
def loads_before(run_id: str) -> int:
    """Count the networks this process had loaded when it met the run: a borrowed one has a past."""
    return loads()


def collect_rows(job: Job, unit: Unit, *, payload: Shared[Payload]) -> Rows:
    """Turn a unit's images into rows, each one either a vector or a reject with its reason."""
    embed, network = engine_of(job, payload), payload.get()
    rows = Rows(len(unit.refs), network.dim)
    source = source_of(job.input)
    contents = prefetch(
        source.read,
        admitted(unit.refs, rows),
        threads=source.reading.threads,
        together=source.reading.together,
        budget_bytes=job.prefetch_bytes,
    )
    for group in batched(rows.timed("fetch", contents), PREPARED_AHEAD):
        with rows.clock("prepare"):
            images = [_prepare(content, network, job) for _, content in group]
        for (ref, content), image in zip(group, images, strict=True):
            if isinstance(image, Reject):
                rows.add_reject(ref, image)
                continue
            with rows.clock("embed"):
                vector = embed(image.pixels[None])[0]
            with rows.clock("rows"):
                image_id = ref.image_id or identify(content)
                rows.add_vector(ref, image, image_id=image_id, vector=vector)
    return rows


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of `size`, the last one shorter (itertools has it from 3.12 on)."""
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group


def _prepare(content: bytes | OSError, network: Payload, job: Job) -> Prepared | Reject:
    if isinstance(content, OSError):
        return not_given(content)
    return prepare(content, size=network.input_size, fit=job.fit)


def not_given(error: OSError) -> Reject:
    """Return the reject of an image whose bytes the storage did not give."""
    reason: Reason = "corrupt" if isinstance(error, DamagedError) else "unreadable"
    return Reject(reason, one_line(str(error) or type(error).__name__))


def identify(content: bytes | OSError) -> str:
    """Return the hex sha256 of an image file, its `image_id`."""
    assert isinstance(content, bytes)
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=4)
def source_of(uri: str) -> Source:
    """Open a source once per worker process; sources are safe to read from several threads."""
    return open_source(uri)


def worker_name() -> str:
    """Name this worker process as host:pid."""
    return f"{socket.gethostname()}:{os.getpid()}"


def process_started() -> float:
    """Return when this process began, in seconds since the epoch."""
    return float(psutil.Process().create_time())


def peak_rss_mb() -> float:
    """Return this process's peak resident memory in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
