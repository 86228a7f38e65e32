"""The moments of a vector column: taken by the workers part by part, merged strip by strip."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from fruits.errors import FruitsError, InputError
from fruits.reduction.moments import Moments, Tally
from fruits.reduction.strips import join
from fruits.spark.failures import translated
from fruits.spark.ml.files import group_pieces, plain_files
from fruits.spark.ml.partials import (
    PARTIAL,
    Partial,
    gathering,
    gathering_files,
    merge_partials,
    merging,
    read_partials,
)
from fruits.spark.ml.vectors import as_array

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FEW_PARTS: Final = 16
"""So many matrices (6.5 MB each at d = 1280) the driver merges itself, sparing a shuffle."""

BATCH_ROWS: Final = 1000
"""Rows that the JVM sends a worker at once. With vectors of 1280 floats, Spark's 10,000 make
buffers of 51 MB: 3.0 s for 100,000 of them against 1.7 s with 200 to 2,000."""

_BATCH_SETTING: Final = "spark.sql.execution.arrow.maxRecordsPerBatch"


def gather_column(frame: "DataFrame", name: str) -> Moments:
    """Return the moments of a vector column in one pass; null vectors are left out.

    Where the frame is nothing but Parquet files on a local disk, workers read them in groups fixed
    by the files alone, and the result is the same to the bit however Spark would cut them. Else
    the partitions are the parts, merged in their order: the same partitions, the same bits.
    Raises ConfigError for a column of another type; InputError, naming the column and the number
    of bad rows, for NaN and infinity, for vectors of different lengths, and where there is no
    vector at all.
    """
    files = plain_files(frame, name)
    try:
        with small_batches(frame.sparkSession):
            if files is None:
                partials = _by_partition(frame, name)
            else:
                partials = _by_file(frame.sparkSession, files, name)
            merged = list(merge_partials(sorted(partials, key=lambda p: (p.row, p.part))))
    except Exception as exc:
        raise _named(translated(exc), name) from exc
    return _checked(merged, name)


def _by_partition(frame: "DataFrame", name: str) -> Iterator[Partial]:
    vectors = frame.select(as_array(frame, name).alias("vectors"))
    return _collected(_merged_by_workers(vectors.mapInArrow(gathering(name), PARTIAL)))


def _by_file(spark: "SparkSession", files: list[str], name: str) -> Iterator[Partial]:
    groups = group_pieces(files)
    numbers = spark.range(0, len(groups), 1, len(groups))
    parts = numbers.mapInArrow(gathering_files(groups, name), PARTIAL)
    return _collected(parts if len(groups) <= FEW_PARTS else _merged_by_workers(parts))


def _merged_by_workers(parts: "DataFrame") -> "DataFrame":
    """Send each strip of all parts to one worker: whatever their number, the driver gets one."""
    ordered = parts.repartition("strip").sortWithinPartitions("strip", "part")
    return ordered.mapInArrow(merging, PARTIAL)


def _collected(partials: "DataFrame") -> Iterator[Partial]:
    """Fetch rows of PARTIAL: as Arrow where Spark can (4.0), which is two seconds less at first."""
    if not hasattr(partials, "toArrow"):
        return map(Partial.from_row, partials.collect())
    return read_partials(partials.toArrow().to_batches())


def _checked(merged: list[Partial], name: str) -> Moments:
    """Look for bad rows (the first strip has the counts of all parts), then join the strips."""
    first = merged[0] if merged else Partial(0, 0, 0, 0, None)
    if first.bad:
        complaint = Tally(first.rows, first.bad, None).complaint
        raise InputError(f"column {name!r}: {complaint}: remove these rows")
    strips = [partial.strip for partial in merged if partial.strip]
    if not strips:
        raise InputError(f"column {name!r} holds no vector ({first.nulls} nulls): nothing to fit")
    return join(strips)


@contextmanager
def small_batches(spark: "SparkSession") -> Iterator[None]:
    """Let Spark send BATCH_ROWS at once at most while the block runs its jobs."""
    before = int(spark.conf.get(_BATCH_SETTING, "10000") or 0)
    if 0 < before <= BATCH_ROWS:
        yield
        return
    spark.conf.set(_BATCH_SETTING, str(BATCH_ROWS))
    try:
        yield
    finally:
        spark.conf.set(_BATCH_SETTING, str(before))


def _named(error: FruitsError, name: str) -> FruitsError:
    """Add the column's name to an error that does not have it yet."""
    named = isinstance(error, InputError) and repr(name) not in str(error)
    return InputError(f"column {name!r}: {error}") if named else error
