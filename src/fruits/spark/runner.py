"""The runner of the brief: each item is a row of a small DataFrame, each row a Spark task."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

import pyarrow as pa
from pyspark.sql.types import BinaryType, LongType, StructField, StructType

from fruits.errors import RunnerError
from fruits.runners.seam import SparkFacts
from fruits.spark.archives import reread_archives_only_when_changed
from fruits.spark.broadcast import classic_context, share
from fruits.spark.failures import reason_of
from fruits.spark.session import Session
from fruits.storage.arrays import blobs_of
from fruits.work.task import Shared, Task

T = TypeVar("T")

# As a type, not as text: Spark's JVM takes 0.2 s to parse the first text of this kind.
RESULT: Final = StructType([StructField("number", LongType()), StructField("result", BinaryType())])


class SparkRunner:
    """Runs tasks on the executors of a session, one item per Spark task, in one mapInArrow pass."""

    name = "spark"

    def __init__(self, session: Session) -> None:
        self._session = session
        self._group = f"fruits-{uuid.uuid4().hex[:8]}"
        self.slots = _slots(session)

    @property
    def spark(self) -> SparkFacts:
        """Tell Spark's version, its master and the slots it gives us."""
        conf = self._session.spark.conf
        return {
            "version": self._session.spark.version,
            "master": str(conf.get("spark.master", "connect")),
            "cores": self.slots,
        }

    def share(self, value: T) -> Shared[T]:
        """Broadcast the value to the executors."""
        return share(self._session.spark, value)

    def run(self, task: Task, items: Sequence[bytes]) -> list[bytes]:
        """Run the task on every item; Spark places the items, retries and speculates.

        The rows carry only the items' numbers: a range has exactly one partition per row, in
        order, on every Spark from 3.5 on and on Connect, and the items are broadcast.
        """
        if not items:
            return []
        spark = self._session.spark
        self._name_jobs()
        rows = spark.range(0, len(items), 1, len(items))
        mapper = _mapper(task, self.share(list(items)))
        try:
            results = rows.mapInArrow(mapper, RESULT).collect()
        except Exception as exc:
            raise RunnerError(f"the Spark job failed: {reason_of(exc)}") from exc
        by_number = {row["number"]: bytes(row["result"]) for row in results}
        return [by_number[number] for number in range(len(items))]

    def _name_jobs(self) -> None:
        # A job group belongs to the thread that starts the job.
        context = classic_context(self._session.spark)
        if context is not None:
            context.setJobGroup(self._group, "fruits", interruptOnCancel=True)

    def cancel(self) -> None:
        """Cancel the jobs of this runner, and no others."""
        context = classic_context(self._session.spark)
        if context is not None:
            context.cancelJobGroup(self._group)

    def close(self) -> None:
        """Stop the session if it is ours."""
        self._session.close()


def _mapper(
    task: Task, items: Shared[list[bytes]]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def map_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        reread_archives_only_when_changed()
        for batch in batches:
            numbers = batch.column(0).to_pylist()
            results = [task(items.get()[number]) for number in numbers]
            columns = [batch.column(0), blobs_of(results)]
            yield pa.RecordBatch.from_arrays(columns, names=["number", "result"])

    return map_batches


def _slots(session: Session) -> int:
    context = classic_context(session.spark)
    if context is None:
        return int(session.spark.conf.get("spark.sql.leafNodeDefaultParallelism", "8") or 8)
    return int(context.defaultParallelism)
