"""Gathers a unit's vectors and rejects as they come, and makes Arrow tables of them."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fruits.images.labels import label_of, split_of
from fruits.images.prepare import Prepared, Reject
from fruits.schema import FEATURE_ROW, FEATURES, REJECT_ROW
from fruits.storage.arrays import column_of, lists_of
from fruits.storage.source import ImageRef

T = TypeVar("T")


class Rows:
    """The rows of one unit, at most `capacity` of them, with vectors of `dim` float32 numbers."""

    def __init__(self, capacity: int, dim: int) -> None:
        self.seconds: dict[str, float] = {}
        self.decoders: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self._vectors = np.empty((capacity, dim), np.float32)
        self._featurised: list[dict[str, Any]] = []
        self._rejected: list[dict[str, Any]] = []

    @property
    def featurised(self) -> int:
        """Count the images that became a vector."""
        return len(self._featurised)

    @property
    def rejected(self) -> int:
        """Count the images that did not."""
        return len(self._rejected)

    def add_vector(
        self, ref: ImageRef, image: Prepared, *, image_id: str, vector: NDArray[np.float32]
    ) -> None:
        """Add the vector (float32[dim]) of one image."""
        self._vectors[self.featurised] = vector
        self.decoders[image.decoder] += 1
        self._featurised.append(
            {
                "image_id": image_id,
                "path": ref.path,
                "split": split_of(ref.path),
                "label": label_of(ref.path),
                "width": image.width,
                "height": image.height,
                **_stamp(ref),
            }
        )

    def add_reject(self, ref: ImageRef, reject: Reject) -> None:
        """Add an image that could not become a vector, with its reason."""
        self.reasons[reject.reason] += 1
        self._rejected.append(
            {"path": ref.path, **_stamp(ref), "reason": reject.reason, "detail": reject.detail}
        )

    def feature_table(self, run_id: str) -> pa.Table:
        """Return the vectors as a table of schema FEATURE_ROW."""
        vectors = lists_of(self._vectors[: self.featurised])
        return _table(FEATURE_ROW, self._featurised, {FEATURES: vectors}, run_id=run_id)

    def reject_table(self, run_id: str, model: str) -> pa.Table:
        """Return the rejects as a table of schema REJECT_ROW."""
        return _table(REJECT_ROW, self._rejected, {}, run_id=run_id, model=model)

    @contextmanager
    def clock(self, step: str) -> Iterator[None]:
        """Add the time spent in the block to `seconds[step]`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - start

    def timed(self, step: str, items: Iterable[T]) -> Iterator[T]:
        """Yield the items, adding the time spent waiting for them to `seconds[step]`."""
        iterator = iter(items)
        while True:
            with self.clock(step):
                item = next(iterator, None)
            if item is None:
                return
            yield item


def _stamp(ref: ImageRef) -> dict[str, Any]:
    # Microseconds since the epoch, which is how Arrow holds a timestamp[us] itself.
    return {"size": ref.size, "modified": ref.modified, "etag": ref.etag}


def _table(
    schema: pa.Schema, rows: list[dict[str, Any]], ready: dict[str, pa.Array], **constants: str
) -> pa.Table:
    """Put ready columns, those of `rows` and constant ones in the order of the schema."""

    def column(field: pa.Field) -> pa.Array:
        if field.name in ready:
            return ready[field.name]
        constant = constants.get(field.name)
        values = [row[field.name] if constant is None else constant for row in rows]
        return column_of(values, field.type)

    return pa.Table.from_arrays([column(field) for field in schema], schema=schema)
