"""How long executors took to start, read from the logs of node managers and workers."""

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fruits.backends.seam import Payload
from fruits.work.job import Job
from fruits.work.process import WarmUp
from rehearsal.timings import startups

from tiny_network import DIM, SIDE, tiny_network

CONTAINERS = [f"container_1764200000000_0001_01_00000{n}" for n in (2, 3)]
MOVE = (
    "{when} INFO  org.apache.hadoop.yarn.server.nodemanager.containermanager.container."
    "ContainerImpl: Container {container} transitioned from {before} to {after}\n"
)


def node_log(file: Path, container: str, localised: str, running: str) -> Path:
    """Write what a node manager says of a container; times are those of this machine's clock."""
    states = [("NEW", "LOCALIZING", localised), ("LOCALIZING", "SCHEDULED", running)]
    states += [("SCHEDULED", "RUNNING", running), ("RUNNING", "EXITED_WITH_SUCCESS", running)]
    lines = [
        MOVE.format(when=f"2026-11-27 {when}", container=container, before=before, after=after)
        for before, after, when in states
    ]
    file.write_text("2026-11-27 18:40:00,000 INFO  x.y: something else\n" + "".join(lines))
    return file


def section(container: str, *lines: str) -> str:
    head = f"Container: {container} on 127.0.0.1_40001\nLogType:stderr\nLogContents:\n"
    return head + "".join(f"{line}\n" for line in lines) + "\nEnd of LogType:stderr\n\n"


def ready(when: str, numbers: str) -> str:
    first, broadcast, network = numbers.split()
    # The node managers write local time, the workers UTC.
    date = f"2026-11-27T{when}+00:00 fruits run 20261127T184108-5f6bb0 worker vm:25374 ready: "
    return (
        f"{date}{first} s from its start to its first task, {broadcast} s for the broadcast, "
        f"{network} s for the network"
    )


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_the_logs_of_nodes_and_workers_are_matched_by_container(tmp_path: Path, berlin):
    logs = [
        node_log(tmp_path / "node0.log", CONTAINERS[0], "19:40:50,000", "19:40:59,500"),
        node_log(tmp_path / "node1.log", CONTAINERS[1], "19:41:00,100", "19:41:00,300"),
    ]
    application = (
        section("container_1764200000000_0001_01_000001", "the driver: no worker is ready here")
        + section(CONTAINERS[1], "noise", ready("18:41:10.300", "0.77 0.01 0.07"))
        + section(CONTAINERS[0], ready("18:41:06.000", "0.50 0.00 0.25"),
                  ready("18:41:07.000", "9.99 9.99 9.99"))
    )  # fmt: skip
    found = {each.container: each for each in startups(logs, application)}
    assert found.keys() == set(CONTAINERS)
    first, second = (dataclasses.astuple(found[name])[1:] for name in CONTAINERS)
    assert first == pytest.approx((9.5, 6.5, 0.5, 0.25))
    assert second == pytest.approx((0.2, 10.0, 0.77, 0.08))


def test_a_container_whose_node_or_worker_said_nothing_is_left_out(tmp_path: Path):
    logs = [node_log(tmp_path / "node0.log", CONTAINERS[0], "18:40:50,000", "18:40:59,500")]
    silent = section(CONTAINERS[0], "killed") + section(
        CONTAINERS[1], ready("18:41:06.000", "0.50 0.00 0.25")
    )
    assert startups(logs, silent) == []


def test_a_log_without_containers_tells_of_no_startup():
    assert startups([], "log aggregation has not completed\n") == []


@dataclass(frozen=True)
class Here:
    """A shared value that has no way to go."""

    value: Payload

    def get(self) -> Payload:
        return self.value


def test_what_a_worker_really_writes_is_understood(tmp_path: Path, monkeypatch, capfd):
    monkeypatch.setenv("FRUITS_WORKER_LOG", "1")
    payload = Payload("onnx", tiny_network(), (SIDE, SIDE), DIM)
    job = Job("run-7", str(tmp_path), str(tmp_path / "out"), "f" * 64, "squash", "onnx")
    WarmUp(job, Here(payload))(b"")
    said = capfd.readouterr().err.splitlines()
    log = node_log(tmp_path / "node0.log", CONTAINERS[0], "18:40:50,000", "18:40:59,500")
    (found,) = startups([log], section(CONTAINERS[0], *said))
    assert found.container == CONTAINERS[0]
    assert found.python > 0
    assert found.network >= 0
