"""The moments of a vector column: taken per partition, merged by workers, then by the driver."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark import TaskContext
from pyspark.sql import functions as F

from fruits.errors import FruitsError, InputError
from fruits.reduction.moments import Moments, Tally, merge_all, tally_up
from fruits.spark.failures import translated
from fruits.spark.ml.vectors import as_array, read_batches

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame

FAN_IN: Final = 8
"""Partitions merged by one task, in their order, before the driver sees them."""

PART: Final = (
    "partition int, rows long, bad long, nulls long, samples long, dim int, mean binary, "
    "scatter binary"
)


@dataclass(frozen=True)
class Part:
    """What one partition, or several merged, hold: rows read, bad ones, nulls, moments."""

    partition: int
    tally: Tally
    nulls: int

    def to_row(self) -> dict[str, Any]:
        """Pack the upper triangle of the scatter, which is symmetric: 6.5 MB at d = 1280."""
        moments = self.tally.moments or Moments.empty(0)
        upper = moments.scatter[np.triu_indices(moments.dim)]
        return {
            "partition": self.partition,
            "rows": self.tally.rows,
            "bad": self.tally.bad,
            "nulls": self.nulls,
            "samples": moments.count,
            "dim": moments.dim,
            "mean": moments.mean.tobytes(),
            "scatter": upper.tobytes(),
        }

    @classmethod
    def from_row(cls, row: Any) -> "Part":  # noqa: ANN401  (a Spark Row or a pandas tuple)
        """Read back what `to_row` packed."""
        moments = None
        if row.dim:
            mean: NDArray[np.float64] = np.frombuffer(row.mean)
            scatter = np.zeros((row.dim, row.dim))
            scatter[np.triu_indices(row.dim)] = np.frombuffer(row.scatter)
            scatter += np.triu(scatter, 1).T
            moments = Moments(int(row.samples), mean, scatter)
        tally = Tally(int(row.rows), int(row.bad), moments)
        return cls(int(row.partition), tally, int(row.nulls))


def gather_column(frame: "DataFrame", name: str) -> Moments:
    """Return the moments of a vector column in one pass; null vectors are left out.

    Partitions are merged in their order, whoever computed them: the same partitions give the same
    bits. Needs no SparkContext. Raises ConfigError for a column of another type; InputError,
    naming the column and the number of bad rows, for NaN and infinity, for vectors of different
    lengths, and where there is no vector at all.
    """
    vectors = frame.select(as_array(frame, name).alias("vectors"))
    parts = vectors.mapInArrow(_gatherer(name), PART)
    groups = parts.groupBy((F.col("partition") / FAN_IN).cast("int"))
    try:
        rows = groups.applyInPandas(merge_parts, PART).collect()
        merged = merge_in_order([Part.from_row(row) for row in rows])
    except Exception as exc:
        raise _named(translated(exc), name) from exc
    if merged.tally.bad:
        raise InputError(f"column {name!r}: {merged.tally.complaint}: remove these rows")
    if merged.tally.moments is None:
        raise InputError(f"column {name!r} holds no vector ({merged.nulls} nulls): nothing to fit")
    return merged.tally.moments


def _named(error: FruitsError, name: str) -> FruitsError:
    """Add the column's name to an error that does not have it yet."""
    named = isinstance(error, InputError) and repr(name) not in str(error)
    return InputError(f"column {name!r}: {error}") if named else error


def merge_parts(table: "pd.DataFrame") -> "pd.DataFrame":
    """Merge the parts of one group of partitions, on a worker."""
    import pandas as pd

    merged = merge_in_order([Part.from_row(row) for row in table.itertuples(index=False)])
    return pd.DataFrame([merged.to_row()])


def merge_in_order(parts: list[Part]) -> Part:
    """Merge parts in the order of their partitions; moments only if no row is bad."""
    ordered = sorted(parts, key=lambda part: part.partition)
    rows, bad, nulls = (
        sum(part.tally.rows for part in ordered),
        sum(part.tally.bad for part in ordered),
        sum(part.nulls for part in ordered),
    )
    held = [part.tally.moments for part in ordered if part.tally.moments is not None]
    moments = merge_all(held) if held and not bad else None
    return Part(ordered[0].partition if ordered else 0, Tally(rows, bad, moments), nulls)


def _gatherer(name: str) -> Any:  # noqa: ANN401
    def gather_partition(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        nulls = 0

        def vectors() -> Iterator[NDArray[Any]]:
            nonlocal nulls
            for matrix, missing in read_batches(batches, name):
                nulls += missing
                yield matrix

        tally = tally_up(vectors())
        context = TaskContext.get()
        part = Part(context.partitionId() if context else 0, tally, nulls)
        schema = pa.schema(_ARROW)
        yield pa.RecordBatch.from_pylist([part.to_row()], schema=schema)

    return gather_partition


_ARROW: Final = [
    ("partition", pa.int32()),
    ("rows", pa.int64()),
    ("bad", pa.int64()),
    ("nulls", pa.int64()),
    ("samples", pa.int64()),
    ("dim", pa.int32()),
    ("mean", pa.binary()),
    ("scatter", pa.binary()),
]
