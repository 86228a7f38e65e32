"""What workers do for a fit: vectors → partial moments in strips, and strips → merged strips.

Nothing here imports pyspark.ml or pandas: every new worker would wait two seconds for them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark import TaskContext
from pyspark.sql.types import BinaryType, IntegerType, LongType, StructField, StructType

from fruits.errors import InputError
from fruits.reduction.moments import Tally, tally_up
from fruits.reduction.strips import Strip, cut, merge_strips
from fruits.spark.archives import reread_archives_only_when_changed
from fruits.storage.arrays import array_of, blobs_of, matrix_of
from fruits.storage.vector_files import VectorFile

Batches = Iterable[pa.RecordBatch]
Mapper = Callable[[Batches], Iterator[pa.RecordBatch]]

PARTIAL: Final = StructType(
    [StructField(name, IntegerType()) for name in ("strip", "part")]
    + [StructField(name, LongType()) for name in ("rows", "bad", "nulls", "samples")]
    + [StructField(name, BinaryType()) for name in ("mean", "scatter")]
)
"""A strip of the moments of a part (a partition, or a group of files), and the part's counts."""


@dataclass(frozen=True)
class Partial:
    """One strip of one or several parts; `strip` is None where they hold no vector, or bad ones."""

    part: int
    rows: int
    bad: int
    nulls: int
    strip: Strip | None

    def to_batch(self) -> pa.RecordBatch:
        """Make the one row of PARTIAL that holds it."""
        strip = self.strip or Strip(0, 0, np.empty(0), np.empty((0, 0)))
        numbers = (strip.row, self.part, self.rows, self.bad, self.nulls, strip.count)
        kinds = (np.int32, np.int32, np.int64, np.int64, np.int64, np.int64)
        columns = [array_of(np.array([n], kind)) for n, kind in zip(numbers, kinds, strict=True)]
        columns += [blobs_of([strip.mean.tobytes()]), blobs_of([strip.scatter.tobytes()])]
        return pa.RecordBatch.from_arrays(columns, names=PARTIAL.names)

    @classmethod
    def from_row(cls, row: Any) -> "Partial":  # noqa: ANN401  (a Spark Row or a mapping)
        """Read back a row of PARTIAL, without copying the numbers."""
        mean: NDArray[np.float64] = np.frombuffer(row["mean"])
        strip = None
        if row["samples"]:
            width = len(mean) - row["strip"]
            scatter: NDArray[np.float64] = np.frombuffer(row["scatter"])
            strip = Strip(row["strip"], row["samples"], mean, scatter.reshape(-1, width))
        return cls(row["part"], row["rows"], row["bad"], row["nulls"], strip)

    @property
    def row(self) -> int:
        """The first row of the strip; 0 without one."""
        return self.strip.row if self.strip else 0


def merge_partials(partials: Iterable[Partial]) -> Iterator[Partial]:
    """Merge partials that come ordered by strip, then part; yield one for each strip.

    Left to right, so the same parts give the same bits. Two strips are held at a time.
    """
    for _, group in groupby(partials, key=lambda partial: partial.row):
        yield reduce(_merge, group)


def _merge(a: Partial, b: Partial) -> Partial:
    strip = merge_strips(a.strip, b.strip) if a.strip and b.strip else a.strip or b.strip
    return Partial(a.part, a.rows + b.rows, a.bad + b.bad, a.nulls + b.nulls, strip)


def merging(batches: Batches) -> Iterator[pa.RecordBatch]:
    """The mapInArrow function that merges rows of PARTIAL, ordered by strip and part."""
    reread_archives_only_when_changed()
    for merged in merge_partials(read_partials(batches)):
        yield merged.to_batch()


def read_partials(batches: Batches) -> Iterator[Partial]:
    """Read the rows of PARTIAL that batches hold, without copying the numbers."""
    for batch in batches:
        for index in range(batch.num_rows):
            values = (_view(column[index]) for column in batch.columns)
            yield Partial.from_row(dict(zip(batch.schema.names, values, strict=True)))


def _view(value: pa.Scalar) -> Any:  # noqa: ANN401
    return value.as_buffer() if pa.types.is_binary(value.type) else value.as_py()


def gathering(name: str) -> Mapper:
    """Make the mapInArrow function that turns a partition of one list column into partials."""

    def gather(batches: Batches) -> Iterator[pa.RecordBatch]:
        reread_archives_only_when_changed()
        context = TaskContext.get()
        lists = (batch.column(0) for batch in batches)
        yield from _partials(context.partitionId() if context else 0, lists, name)

    return gather


def gathering_files(groups: Sequence[Sequence[tuple[str, int, int]]], name: str) -> Mapper:
    """Make the mapInArrow function that turns the numbers of groups of files into partials."""

    def lists(group: int) -> Iterator[pa.Array]:
        for file, start, end in groups[group]:
            yield from VectorFile(file, name).batches(range(start, end))

    def gather(batches: Batches) -> Iterator[pa.RecordBatch]:
        reread_archives_only_when_changed()
        for batch in batches:
            for group in batch.column(0).to_pylist():
                yield from _partials(group, lists(group), name)

    return gather


def _partials(part: int, lists: Iterable[pa.Array], name: str) -> Iterator[pa.RecordBatch]:
    """Read a part once and yield its partials; errors name the column."""
    nulls = 0

    def vectors() -> Iterator[NDArray[Any]]:
        nonlocal nulls
        for array in lists:
            nulls += array.null_count
            yield matrix_of(array.drop_null() if array.null_count else array)

    try:
        tally = tally_up(vectors())
    except InputError as exc:
        raise InputError(f"column {name!r}: {exc}") from exc
    for strip in _strips(tally):
        yield Partial(part, tally.rows, tally.bad, nulls, strip).to_batch()


def _strips(tally: Tally) -> Iterator[Strip | None]:
    if tally.moments is None or tally.moments.count == 0:
        yield None
    else:
        yield from cut(tally.moments)
