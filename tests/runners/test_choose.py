"""Which runner is taken, and the reason given for it."""

import pytest

from fruits.config import Config
from fruits.errors import RunnerError
from fruits.runners import choose
from fruits.runners.choose import SPARK_REPAYS_ITS_START, choose_runner


def config(**settings: str) -> Config:
    return Config(input="a", output="b", **settings)


@pytest.fixture
def spark_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "what_spark_lacks", lambda: None)


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "what_spark_lacks", lambda: "no Java was found (install one)")


@pytest.mark.usefixtures("spark_works")
def test_a_small_job_is_done_by_local_processes_and_a_large_one_by_spark():
    small = choose_runner(config(), images=SPARK_REPAYS_ITS_START - 1, live_session=False)
    large = choose_runner(config(), images=SPARK_REPAYS_ITS_START, live_session=False)
    assert small is not None
    assert large is not None
    assert (small.name, large.name) == ("local", "spark")
    assert "4,999 images would not repay" in small.reason
    assert "5,000 images repay" in large.reason


@pytest.mark.usefixtures("spark_works")
def test_the_choice_waits_for_the_number_of_images_only_where_it_matters():
    assert choose_runner(config(), images=None, live_session=False) is None
    assert choose_runner(config(runner="spark"), images=None, live_session=False) is not None


@pytest.mark.usefixtures("spark_works")
def test_a_master_or_a_live_session_means_spark():
    master = choose_runner(config(master="local[3]"), images=1, live_session=False)
    live = choose_runner(config(), images=1, live_session=True)
    assert master is not None
    assert live is not None
    assert (master.name, live.name) == ("spark", "spark")
    assert "local[3]" in master.reason
    assert "live" in live.reason


@pytest.mark.usefixtures("no_java")
def test_without_java_auto_means_local_and_says_what_is_missing():
    choice = choose_runner(config(), images=10**6, live_session=False)
    assert choice is not None
    assert choice.name == "local"
    assert "no Java was found" in choice.reason


@pytest.mark.usefixtures("no_java")
def test_spark_asked_for_without_java_fails_before_any_work():
    with pytest.raises(RunnerError, match=r"no Java was found.*--runner local"):
        choose_runner(config(runner="spark"), images=None, live_session=False)


def test_a_java_home_without_a_java_is_no_java(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert choose.java_command() is None
