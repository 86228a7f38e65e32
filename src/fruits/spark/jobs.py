"""One Spark job: a task on every item, each in a partition of its own, in the items' order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from fruits.spark.archives import reread_archives_only_when_changed
from fruits.storage.arrays import blobs_of
from fruits.work.task import Task

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession


def run_on_context(context: "SparkContext", task: Task, items: Sequence[bytes]) -> list[bytes]:
    """Run the job as an RDD: no SQL session, no plan and no code generation before the first task.

    On a fresh JVM that is 3 s less until the first result than `run_on_connect`'s way
    (docs/decisions/0019-spark-start.md). Each item travels with its own task.
    """
    one_each = context.parallelize(items, len(items))
    results: list[bytes] = one_each.mapPartitions(_each(task)).collect()
    return results


def _each(task: Task) -> Callable[[Iterable[bytes]], Iterator[bytes]]:
    def run(items: Iterable[bytes]) -> Iterator[bytes]:
        reread_archives_only_when_changed()
        return map(task, items)

    return run


def run_on_connect(spark: "SparkSession", task: Task, items: Sequence[bytes]) -> list[bytes]:
    """Run the job as a `mapInArrow` over the items' numbers: Spark Connect has no RDDs.

    A range has exactly one partition per row, in order, on every Spark from 3.5 on; the items
    travel in the function's closure.
    """
    rows = spark.range(0, len(items), 1, len(items))
    results = rows.mapInArrow(_mapper(task, list(items)), "number long, result binary").collect()
    by_number = {row["number"]: bytes(row["result"]) for row in results}
    return [by_number[number] for number in range(len(items))]


def _mapper(
    task: Task, items: list[bytes]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def map_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        reread_archives_only_when_changed()
        for batch in batches:
            results = [task(items[number]) for number in batch.column(0).to_pylist()]
            columns = [batch.column(0), blobs_of(results)]
            yield pa.RecordBatch.from_arrays(columns, names=["number", "result"])

    return map_batches
