"""One writer per output: who holds the lease, who is refused, who takes over."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fruits.errors import OutputBusy
from fruits.storage import lease as module
from fruits.storage.lease import FOLDER, Lease
from fruits.storage.output import Output


@pytest.fixture(params=["disk", "memory"])
def output(request: pytest.FixtureRequest, tmp_path: Path) -> Output:
    place = tmp_path if request.param == "disk" else f"memory://lease/{tmp_path.name}"
    return Output(f"{place}/out")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 1.0)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a process of this machine lives is known at once, not after a silence."""

    def never(*_: object) -> bool:
        raise AssertionError("there was nothing to wait for")

    monkeypatch.setattr(module, "_stirs", never)


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something holds; a slow machine may take its time."""
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to hold")


def leave(output: Output, number: int = 1, **changed) -> None:
    """A lease file as another run would write it."""
    content = module._introduction("the-other") | changed
    output.write(f"{FOLDER}/{number:06d}.json", json.dumps(content).encode())


def test_a_second_run_is_refused_at_once_and_told_who_is_at_work(output: Output, no_waiting):
    lease = Lease.acquire(output, "first")
    with pytest.raises(OutputBusy, match=r"run first \(process \d+ on .*is at work on .*wait"):
        Lease.acquire(output, "second")
    lease.confirm()
    lease.release()


def test_a_lease_given_back_leaves_nothing_and_the_next_run_goes_on(output: Output):
    Lease.acquire(output, "first").release()
    assert output.names(FOLDER) == []
    second = Lease.acquire(output, "second")
    second.confirm()
    second.release()


def test_of_many_at_once_exactly_one_succeeds(output: Output):
    held, refused = [], []
    ready = threading.Barrier(8)

    def attempt(name: str) -> None:
        ready.wait()
        try:
            held.append(Lease.acquire(output, name))
        except OutputBusy as exc:
            refused.append(exc)

    threads = [threading.Thread(target=attempt, args=(f"run-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(held), len(refused)) == (1, 7)
    held[0].confirm()
    held[0].release()


KILLED = """
import sys, time
from fruits.storage.lease import Lease
from fruits.storage.output import Output
Lease.acquire(Output(sys.argv[1]), "killed")
print("held", flush=True)
time.sleep(60)
"""


def test_the_lease_of_a_killed_process_is_taken_over_at_once(tmp_path: Path, no_waiting):
    place = str(tmp_path / "out")
    process = subprocess.Popen([sys.executable, "-c", KILLED, place], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(OutputBusy, match="run killed"):
        Lease.acquire(Output(place), "impatient")
    process.kill()
    process.wait()
    notes: list[str] = []
    heir = Lease.acquire(Output(place), "heir", note=notes.append)
    assert notes[-1].startswith("run killed (process")
    assert notes[-1].endswith("died: going on in its place")
    heir.release()


def test_a_number_reused_by_another_process_does_not_keep_the_dead_alive(output: Output):
    leave(output, process_started=1.0)
    Lease.acquire(output, "heir").release()


def test_on_another_machine_silence_is_death(output: Output, quick):
    leave(output, host="elsewhere")
    notes: list[str] = []
    heir = Lease.acquire(output, "heir", note=notes.append)
    assert "looking for 1 s whether it lives" in notes[0]
    heir.release()


def test_on_another_machine_a_heartbeat_is_life(output: Output, quick):
    leave(output, host="elsewhere")
    stop = threading.Event()

    def beat() -> None:
        beats = 0
        while not stop.wait(0.02):
            beats += 1
            leave(output, host="elsewhere", beat=beats)

    heart = threading.Thread(target=beat)
    heart.start()
    try:
        with pytest.raises(OutputBusy, match="run the-other"):
            Lease.acquire(output, "second")
    finally:
        stop.set()
        heart.join()


def test_a_lease_beats(output: Output, quick):
    lease = Lease.acquire(output, "first")
    before = output.read(f"{FOLDER}/000001.json")
    eventually(lambda: output.read(f"{FOLDER}/000001.json") != before)
    lease.release()
    assert output.names(FOLDER) == []


def test_who_was_thought_dead_finds_out_before_it_commits(output: Output):
    sleeper = Lease.acquire(output, "sleeper")
    leave(output, number=2)
    with pytest.raises(OutputBusy, match="another run has taken over"):
        sleeper.confirm()
    sleeper.release()
    assert output.names(FOLDER) == ["000002.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"{}"])
def test_a_lease_cut_short_by_a_crash_does_not_block_for_ever(output: Output, quick, content):
    output.write(f"{FOLDER}/000001.json", content)
    Lease.acquire(output, "heir").release()
    assert output.names(FOLDER) == []


def test_a_storage_that_fails_for_a_moment_does_not_stop_the_heart(output, quick, monkeypatch):
    lease = Lease.acquire(output, "first")
    real = Output.write
    failures = iter([OSError("503"), OSError("reset")])

    def write(self, name, data):
        for failure in failures:
            raise failure
        real(self, name, data)

    monkeypatch.setattr(Output, "write", write)
    eventually(lambda: b'"beat": 5' in (output.read(f"{FOLDER}/000001.json") or b""))
    lease.release()
