"""Submitting to YARN, with programs in the place of spark-submit and yarn that speak like them."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from fruits.cloud import yarn
from fruits.cloud.command import Command
from fruits.cloud.request import Request
from fruits.cloud.size import Size
from fruits.cloud.spark_submit import SparkSubmit
from fruits.config import Config
from fruits.errors import CloudError

SUBMISSION = "s"
APPLICATION = "application_1764200000000_0007"
ACCEPTED = (
    f"print('26/01/01 INFO YarnClientImpl: Submitted application {APPLICATION}', flush=True)\n"
    f"print('\\t tracking URL: http://rm:8088/proxy/{APPLICATION}/')\n"
    "print('\\t diagnostics: N/A', flush=True)\n"
)

PAGE = f"{APPLICATION}: http://rm:8088/proxy/{APPLICATION}/"

Script = Callable[[str], Path]


@pytest.fixture
def submitter(write_program) -> Script:
    return lambda body: write_program("spark-submit", body)


def command(**given: object) -> Command:
    config = Config(input="hdfs://nn:1/photos", output="hdfs://nn:1/out", model="fruitnet")
    request = Request("run", config)
    return Command(
        request=request, package="hdfs://nn:1/p", size=Size(), submission=SUBMISSION, **given
    )


def test_the_outcome_is_what_the_run_itself_posted(submitter: Script, heard, tmp_path: Path):
    # The driver's exit code 3 is an error for YARN, and so for spark-submit: 1.
    seen = tmp_path / "seen"
    heard.on_stage = seen.touch
    submitter(
        f"{ACCEPTED}post(stage='features', detail='60 Pêches')\n"
        f"while not os.path.exists({str(seen)!r}): time.sleep(0.01)\n"
        "post(stage='publish', notes=['late'], noted=1, exit_code=3, message='trop de rejets')\n"
        "print('\\t diagnostics: User class threw exception: exit 3'); sys.exit(1)"
    )
    outcome = yarn.submit(command(), heard)
    assert outcome == yarn.Outcome(APPLICATION, 3, "trop de rejets")
    assert ["features", "60 Pêches"] in heard.of("stage")
    assert heard.of("note") == [[PAGE], ["late"]]


def test_a_run_that_ended_well_ends_with_0(submitter: Script, heard):
    submitter(f"{ACCEPTED}post(stage='publish', exit_code=0)")
    assert yarn.submit(command(), heard) == yarn.Outcome(APPLICATION, 0)


def test_a_submitter_that_lingers_does_not_spoil_a_result(
    submitter: Script, heard, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(yarn, "GRACE_SECONDS", 0.1)
    submitter(f"{ACCEPTED}post(stage='publish', exit_code=0)\ntime.sleep(3)")
    assert yarn.submit(command(), heard) == yarn.Outcome(APPLICATION, 0)


def test_a_driver_that_dies_without_a_word_is_told_with_where_to_read_more(
    submitter: Script, heard
):
    submitter(f"{ACCEPTED}print('\\t diagnostics: Container killed: 1.6 GB used'); sys.exit(1)")
    with pytest.raises(CloudError) as caught:
        yarn.submit(command(), heard)
    assert "Container killed: 1.6 GB used" in str(caught.value)
    assert f"fruits cloud logs yarn {APPLICATION}" in str(caught.value)


def test_yarns_diagnosis_is_told_rather_than_sparks_closing_sentence(submitter: Script, heard):
    submitter(
        f"{ACCEPTED}print('\\t diagnostics: Container killed: 1.6 GB used')\n"
        f'print(\'Exception in thread "main" org.apache.spark.SparkException: '
        f"Application {APPLICATION} finished with failed status'); sys.exit(1)"
    )
    with pytest.raises(CloudError, match=r"Container killed: 1\.6 GB used"):
        yarn.submit(command(), heard)


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            'Exception in thread "main" java.net.ConnectException: Connection refused',
            "Connection refused",
        ),
        ("Error: Failed to load org.apache.x: été", "Failed to load org.apache.x: été"),
        ("something else altogether", "something else altogether"),
    ],
)
def test_a_cluster_that_refuses_is_told_in_its_own_words(
    submitter: Script, heard, said: str, reason: str, wait: bool
):
    submitter(f"sys.stdout.reconfigure(encoding='utf-8'); print({said!r}); sys.exit(1)")
    with pytest.raises(CloudError, match=f"did not take the application: {reason}"):
        yarn.submit(command(), heard, wait=wait)


def test_a_submitter_without_a_word_is_told_too(submitter: Script, heard):
    submitter("sys.exit(1)")
    with pytest.raises(CloudError, match="spark-submit said nothing"):
        yarn.submit(command(), heard)


def test_without_waiting_it_returns_as_soon_as_the_cluster_has_it(
    submitter: Script, heard, tmp_path: Path
):
    submitter(
        f"{ACCEPTED}pathlib.Path({str(tmp_path / 'seen')!r}).write_text(json.dumps(sys.argv))"
    )
    outcome = yarn.submit(command(), heard, wait=False)
    assert outcome == yarn.Outcome(APPLICATION, None)
    assert "spark.yarn.submit.waitAppCompletion=false" in json.loads(
        (tmp_path / "seen").read_text()
    )
    assert heard.told == [("note", PAGE)]


def test_it_is_given_the_command_and_none_of_the_users_pythons(
    submitter: Script, heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pythons = {"PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON", "PYSPARK_DRIVER_PYTHON_OPTS"}
    for name in pythons:
        monkeypatch.setenv(name, "/home/me/python")
    monkeypatch.setenv("HADOOP_CONF_DIR", "/etc/hadoop é")
    seen = tmp_path / "seen"
    submitter(
        f"pathlib.Path({str(seen)!r}).write_text(json.dumps([sys.argv[1:], dict(os.environ)]))\n"
        "post(exit_code=0)"
    )
    yarn.submit(command(extra={"spark.x": "a b"}), heard)
    arguments, environ = json.loads(seen.read_text())
    wait = {"spark.x": "a b", "spark.yarn.submit.waitAppCompletion": "true"}
    assert arguments == command(extra=wait).arguments()[1:]
    assert not pythons & environ.keys()
    assert environ["HADOOP_CONF_DIR"] == "/etc/hadoop é"


def test_ctrl_c_ends_the_waiting_and_the_submitter_and_says_how_to_go_on(
    submitter: Script, heard, monkeypatch: pytest.MonkeyPatch
):
    started: list[SparkSubmit] = []

    def start(words: list[str], **options: Any) -> SparkSubmit:
        started.append(SparkSubmit(words, **options))
        return started[0]

    def interrupt() -> None:
        while not started[0].application:
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(yarn, "SparkSubmit", start)
    heard.on_stage = interrupt
    submitter(f"{ACCEPTED}post(stage='features', detail=str(os.getpid()))\ntime.sleep(99)")
    outcome = yarn.submit(command(), heard)
    assert (outcome.application, outcome.exit_code) == (APPLICATION, 130)
    assert f"fruits cloud destroy yarn {APPLICATION}" in outcome.message
    ((_, pid),) = heard.of("stage")
    children = [process for process in psutil.Process().children() if process.pid == int(pid)]
    assert psutil.wait_procs(children, timeout=30)[1] == []
