"""Whose session it is, and what it is set to."""

from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import SparkSession

from fruits.errors import ConfigError, RunnerError
from fruits.spark import session
from fruits.spark.session import (
    Session,
    driver_memory_mb,
    open_session,
    session_settings,
    with_retries,
)


def test_a_live_session_is_borrowed_and_never_stopped(spark: SparkSession):
    borrowed = open_session()
    assert borrowed == Session(spark.sparkContext, owned=False)
    borrowed.close()
    assert spark.range(3).count() == 3


def test_another_master_than_the_live_one_is_refused(spark: SparkSession):
    with pytest.raises(ConfigError, match=r"master = 'local\[7\]', but a Spark session is live"):
        open_session("local[7]")


def test_the_same_master_as_the_live_one_is_welcome(spark: SparkSession):
    assert open_session("local[2]").context is spark.sparkContext


def test_a_cluster_s_settings_are_left_to_the_cluster():
    assert "spark.driver.memory" not in session_settings("yarn")
    assert "spark.ui.enabled" not in session_settings("spark://host:7077")
    assert session_settings(None)["spark.driver.memory"] == f"{driver_memory_mb()}m"
    assert 1024 <= driver_memory_mb() <= 4096


def test_an_owned_session_is_quiet_has_every_core_and_is_stopped(
    in_a_fresh_process: Callable[..., Any],
):
    facts = in_a_fresh_process("""
import json, os
from fruits.spark.session import open_session
session = open_session()
context, cores = session.context, len(os.sched_getaffinity(0))
master, slots = context.master, context.defaultParallelism
session.close()
print(json.dumps([master, slots, context._jsc is None, cores]))
""")
    master, slots, stopped, cores = facts
    assert (master, stopped) == ("local[*,4]", True)
    assert slots == cores


def test_what_was_closed_can_be_opened_again_and_sql_is_there_for_who_asks(
    in_a_fresh_process: Callable[..., Any],
):
    facts = in_a_fresh_process("""
import json, sys
from fruits.spark.session import live_session, open_session
open_session("local[1]").close()
between = live_session()
again = open_session("local[2]")
rows = again.spark.range(5).count()
again.close()
print(json.dumps([between is None, again.context.master, rows]))
""")
    assert facts == [True, "local[2,4]", 5]


def test_starting_spark_says_nothing_on_stderr():
    import subprocess
    import sys

    script = "from fruits.spark.session import open_session; open_session('local[1]').close()"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_executors_hear_where_s3_is_and_never_who_asks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FRUITS_S3_ENDPOINT", "http://127.0.0.1:9000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "pear")
    settings = session_settings("yarn")
    assert settings["spark.executorEnv.FRUITS_S3_ENDPOINT"] == "http://127.0.0.1:9000"
    assert "pear" not in settings.values()


def test_local_mode_too_tries_a_task_again():
    given = ("local", "local[2]", "local[*]", "local[3,1]", "local-cluster[2,1,1024]", "yarn")
    assert [with_retries(master) for master in given] == [
        "local[1,4]", "local[2,4]", "local[*,4]", "local[3,1]", "local-cluster[2,1,1024]", "yarn"
    ]  # fmt: skip


def test_why_spark_did_not_start_is_told_in_the_jvms_own_words(monkeypatch):
    class RefusedError(Exception):
        java_exception = (
            "java.lang.IllegalArgumentException: memory (5504 MB) is above the max\n\tat"
        )

    def refuse(master: str | None) -> None:
        raise RefusedError("An error occurred while calling None.JavaSparkContext")

    monkeypatch.setattr(session, "live_session", lambda: None)
    monkeypatch.setattr(session, "_start", refuse)
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    with pytest.raises(
        RunnerError, match=r"that spark-submit names: .*5504 MB\) is above the max\. "
    ):
        session.open_session()
