"""How many tasks at once: those that are there, and those that Spark may still ask for."""

from dataclasses import dataclass, field

import pytest
from pyspark import SparkConf

from fruits.spark.session import Session
from fruits.spark.slots import slots_of

DYNAMIC = "spark.dynamicAllocation."


@dataclass
class Context:
    """As much of a SparkContext as slots are counted by; its SparkConf is a real one."""

    defaultParallelism: int  # noqa: N815
    settings: dict[str, str]

    def getConf(self) -> SparkConf:  # noqa: N802
        return SparkConf(loadDefaults=False).setAll(list(self.settings.items()))


@dataclass
class ConnectSession:
    """As much of a session of Spark Connect; a dict answers like its `conf`."""

    conf: dict[str, str] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("there", "settings", "slots"),
    [
        (4, {}, 4),
        (2, {"spark.executor.instances": "3", "spark.executor.cores": "4"}, 12),
        (2, {"spark.executor.instances": "3"}, 3),
        (
            2,
            {
                "spark.executor.instances": "3",
                "spark.executor.cores": "5",
                "spark.task.cpus": "2",
            },
            6,
        ),
        (16, {"spark.executor.instances": "3", "spark.executor.cores": "4"}, 16),
        (
            2,
            {
                f"{DYNAMIC}enabled": "true",
                f"{DYNAMIC}maxExecutors": "8",
                "spark.executor.cores": "4",
                "spark.executor.instances": "2",
            },
            32,
        ),
        (2, {f"{DYNAMIC}enabled": "false", f"{DYNAMIC}maxExecutors": "8"}, 2),
        (2, {f"{DYNAMIC}enabled": "true", "spark.executor.cores": "4"}, 2),
        (2, {f"{DYNAMIC}enabled": "true", f"{DYNAMIC}maxExecutors": str(2**31 - 1)}, 2),
    ],
)
def test_the_slots_are_those_there_or_those_to_come(there: int, settings, slots: int):
    assert slots_of(Session(Context(there, settings))) == slots


@pytest.mark.parametrize(
    ("conf", "slots"),
    [({}, 8), ({"spark.sql.leafNodeDefaultParallelism": "3"}, 3)],
)
def test_on_connect_the_servers_own_parallelism_counts(conf: dict[str, str], slots: int):
    assert slots_of(Session(None, connect=ConnectSession(conf))) == slots


def test_a_real_context_has_its_cores(spark):
    assert slots_of(Session.of(spark)) == 2
