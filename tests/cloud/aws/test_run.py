"""Waiting for a run on AWS: its end, its bill, and everything that may go wrong meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")


from fruits.cloud import watch
from fruits.cloud.aws import run as waiting
from fruits.cloud.aws.bill import Bill
from fruits.cloud.aws.run import State, wait_for
from fruits.errors import CloudError
from fruits.report.posted import Posted, posted_name
from fruits.storage.output import Output

BILL = Bill("emr", "eu-west-3", "j-1", {"m5.xlarge_hour": 2.0}, 0.5, "2026-11-27")


@dataclass
class Scripted:
    """A run whose states, one for each question, are known beforehand; the last one stays."""

    states: list[State | CloudError | type[KeyboardInterrupt]]
    on_ask: Callable[[int], None] = lambda _: None
    id: str = "j-1"
    target: str = "emr"
    ended: bool = False
    asked: int = field(default=0)

    def state(self) -> State:
        told = self.states[min(self.asked, len(self.states) - 1)]
        self.asked += 1
        self.on_ask(self.asked)
        if isinstance(told, State):
            return told
        raise told

    def end(self) -> None:
        self.ended = True

    def bill(self) -> Bill | None:
        return BILL


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An output on this disk; nobody waits long."""
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(waiting, "STATE_SECONDS", 0.001)
    return str(tmp_path / "sortie été")


def post(place: str, **said: object) -> None:
    Output(place).write(posted_name("s"), Posted("s", run_id="r1", **said).pack())


RUNNING = State("RUNNING")
DONE = State("TERMINATED", ended=True, succeeded=True)
FAILED = State("TERMINATED_WITH_ERRORS", ended=True, reason="no m5.xlarge left (CAPACITY)")


def wait(run: Scripted, place: str, heard, minutes: float = 60.0):
    return wait_for(run, place, "s", heard, minutes=minutes)


def test_a_run_that_ends_well_has_the_drivers_exit_code_and_its_bill(place, heard):
    run = Scripted([RUNNING, RUNNING, DONE], on_ask=lambda n: n == 2 and post(place, exit_code=0))
    outcome = wait(run, place, heard)
    assert (outcome.application, outcome.exit_code, outcome.run_id) == ("j-1", 0, "r1")
    assert outcome.cost == BILL.facts()
    assert heard.of("note") == [["j-1: running"], ["j-1: terminated"]]


def test_the_machines_have_gone_before_we_say_so(place, heard):
    post(place, exit_code=3, message="too many rejects")
    run = Scripted([RUNNING] * 5 + [FAILED])
    outcome = wait(run, place, heard)
    assert (outcome.exit_code, outcome.message) == (3, "too many rejects")
    assert run.asked == 6


def test_machines_that_do_not_go_are_not_waited_for_without_end(place, heard, monkeypatch):
    monkeypatch.setattr(waiting, "GRACE_SECONDS", 0.01)
    post(place, exit_code=0)
    assert wait(Scripted([RUNNING]), place, heard).exit_code == 0


def test_a_driver_that_never_spoke_is_told_with_aws_reason_and_where_to_look(place, heard):
    with pytest.raises(CloudError, match=r"no m5.xlarge left \(CAPACITY\); `fruits cloud logs emr"):
        wait(Scripted([RUNNING, FAILED]), place, heard)


def test_a_driver_that_was_cut_off_is_a_failure(place, heard):
    post(place, stage="features")
    with pytest.raises(CloudError, match="j-1 ended without a result"):
        wait(Scripted([RUNNING, State("CANCELLED", ended=True)]), place, heard)


def test_a_run_that_hangs_is_ended_and_told(place, heard):
    run = Scripted([RUNNING])
    with pytest.raises(CloudError, match=r"has not ended after .* and has been ended"):
        wait(run, place, heard, minutes=0.0005)
    assert run.ended


def test_ctrl_c_leaves_the_run_and_gives_both_commands(place, heard):
    run = Scripted([RUNNING, KeyboardInterrupt])
    outcome = wait(run, place, heard)
    assert outcome.exit_code == 130
    assert not run.ended
    assert "fruits cloud status emr j-1" in outcome.message
    assert "fruits cloud destroy emr j-1" in outcome.message


def test_a_question_without_an_answer_is_asked_again(place, heard):
    post(place, exit_code=0)
    no = CloudError("AWS asked to slow down")
    assert wait(Scripted([no, no, RUNNING, no, no, DONE]), place, heard).exit_code == 0


def test_after_three_without_an_answer_the_waiting_ends_not_the_run(place, heard):
    run = Scripted([RUNNING, CloudError("the credentials are not valid any more")])
    with pytest.raises(
        CloudError, match=r"not valid any more.*goes on without you.*destroy emr j-1"
    ):
        wait(run, place, heard)
    assert run.asked == 4
    assert not run.ended
