"""How many tasks a Spark runs at once, when all the executors that it may have are there."""

from typing import TYPE_CHECKING, Final

from fruits.spark.session import Session

if TYPE_CHECKING:
    from pyspark import SparkConf, SparkContext

UNBOUNDED: Final = 2**31 - 1
"""What Spark itself takes for spark.dynamicAllocation.maxExecutors where nobody sets it."""


def slots_of(session: Session) -> int:
    """Count the slots: units are cut for them, and each of them loads the network beforehand."""
    if session.context is None:
        return int(session.spark.conf.get("spark.sql.leafNodeDefaultParallelism", "8") or 8)
    return max(_slots_there(session.context), _slots_to_come(session.context.getConf()))


def _slots_there(context: "SparkContext") -> int:
    return int(context.defaultParallelism)


def _slots_to_come(conf: "SparkConf") -> int:
    """Count the slots of executors that Spark was told to have, or may ask for, but has not yet.

    0 where nobody set a number: on YARN a context starts when most of its executors are there, and
    with dynamic allocation it may start with none and grow with the tasks that wait.
    """
    dynamic = conf.get("spark.dynamicAllocation.enabled", "false") == "true"
    key = "spark.dynamicAllocation.maxExecutors" if dynamic else "spark.executor.instances"
    executors = int(conf.get(key, "0") or 0)
    cores = int(conf.get("spark.executor.cores", "1") or 1) // int(
        conf.get("spark.task.cpus", "1") or 1
    )
    return 0 if executors >= UNBOUNDED else executors * cores
