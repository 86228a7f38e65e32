"""Tasks on Spark: one task per item, in order, with errors that say what happened."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pyspark.sql import SparkSession

from fruits.errors import InputError, RunnerError
from fruits.spark.runner import SparkRunner
from fruits.spark.session import Session
from fruits.work.task import Shared


@dataclass(frozen=True)
class Append:
    suffix: Shared[bytes]

    def __call__(self, item: bytes) -> bytes:
        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None
        return item + self.suffix.get() + str(context.partitionId()).encode()


def refuse(item: bytes) -> bytes:
    raise InputError("these vectors hold NaN")


def name_the_process(item: bytes) -> bytes:
    return str(os.getpid()).encode()


@pytest.fixture
def runner(spark: SparkSession) -> SparkRunner:
    return SparkRunner(Session.of(spark))


def test_each_item_is_a_task_of_its_own_and_results_keep_the_order(runner: SparkRunner):
    items = [f"{number}:".encode() for number in range(23)]
    results = runner.run(Append(runner.share(b"!")), items)
    assert results == [f"{number}:!{number}".encode() for number in range(23)]


def test_workers_are_reused_from_job_to_job(runner: SparkRunner):
    first = set(runner.run(name_the_process, [b""] * 8))
    second = set(runner.run(name_the_process, [b""] * 8))
    assert second <= first
    assert str(os.getpid()).encode() not in first


def test_no_items_start_no_job(runner: SparkRunner):
    assert runner.run(name_the_process, []) == []


def test_a_task_s_error_arrives_with_its_message(runner: SparkRunner):
    with pytest.raises(RunnerError, match="InputError: these vectors hold NaN"):
        runner.run(refuse, [b"", b""])


def test_the_runner_tells_its_spark(runner: SparkRunner, spark: SparkSession):
    assert runner.slots == 2
    assert runner.spark == {
        "version": spark.version, "master": "local[2,4]", "cores": 2,
        "application": spark.sparkContext.applicationId,
    }  # fmt: skip


def test_a_killed_python_worker_costs_a_retry_and_no_result(
    in_a_fresh_process: Callable[..., Any], tmp_path
):
    results = in_a_fresh_process(f"""
import json, os, signal
from pathlib import Path
from fruits.spark.runner import SparkRunner
from fruits.spark.session import open_session

def die_once(item):
    marker = Path({str(tmp_path / "died")!r})
    if item == b"3" and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item

runner = SparkRunner(open_session("local[2]"))
print(json.dumps([r.decode() for r in runner.run(die_once, [b"1", b"2", b"3", b"4"])]))
runner.close()
""")
    assert results == ["1", "2", "3", "4"]
    assert (tmp_path / "died").exists()
