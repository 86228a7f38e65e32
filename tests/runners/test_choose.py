"""Which runner is taken, and the reason given for it."""

import pytest

from fruits.config import Config
from fruits.errors import RunnerError
from fruits.runners import choose
from fruits.runners.choose import choose_runner


def config(**settings: str) -> Config:
    return Config(input="a", output="b", **settings)


@pytest.fixture
def spark_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "what_spark_lacks", lambda: None)


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "what_spark_lacks", lambda: "no Java was found (install one)")


@pytest.mark.usefixtures("spark_works")
def test_without_a_cluster_to_join_local_processes_do_the_work():
    choice = choose_runner(config(), live_session=False)
    assert choice.name == "local"
    assert "no Spark session is live" in choice.reason


@pytest.mark.usefixtures("spark_works")
def test_a_master_or_a_live_session_means_spark():
    master = choose_runner(config(master="local[3]"), live_session=False)
    live = choose_runner(config(), live_session=True)
    asked = choose_runner(config(runner="spark"), live_session=False)
    assert (master.name, live.name, asked.name) == ("spark", "spark", "spark")
    assert "local[3]" in master.reason
    assert "live" in live.reason
    assert "--runner spark" in asked.reason


@pytest.mark.usefixtures("spark_works")
def test_local_processes_asked_for_are_taken_even_where_a_session_is_live():
    assert choose_runner(config(runner="local"), live_session=True).name == "local"


@pytest.mark.usefixtures("no_java")
def test_spark_asked_for_without_java_fails_before_any_work():
    with pytest.raises(RunnerError, match=r"no Java was found.*--runner local"):
        choose_runner(config(runner="spark"), live_session=False)


def test_a_java_home_without_a_java_is_no_java(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert choose.java_command() is None
