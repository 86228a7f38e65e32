"""The pool of local processes: order, sharing, errors, and workers that die."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from fruits.errors import InputError, RunnerError
from fruits.runners.local import ATTEMPTS, LocalRunner
from fruits.work.task import Shared


@dataclass(frozen=True)
class Append:
    suffix: Shared[bytes]

    def __call__(self, item: bytes) -> bytes:
        return item + self.suffix.get()


@dataclass(frozen=True)
class DieOnce:
    """Kills its worker on the item b"3", the first time, or every time without a marker."""

    marker: str | None

    def __call__(self, item: bytes) -> bytes:
        if item == b"3" and not (self.marker and Path(self.marker).exists()):
            if self.marker:
                Path(self.marker).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return item


def name_the_process(item: bytes) -> bytes:
    return str(os.getpid()).encode()


def touch_and_sleep(item: bytes) -> bytes:
    Path(item.decode()).touch()
    time.sleep(0.2)
    return item


def refuse(item: bytes) -> bytes:
    raise InputError("these vectors hold NaN")


def stumble(item: bytes) -> bytes:
    raise KeyError("pear")


@pytest.fixture
def runner() -> Iterator[LocalRunner]:
    runner = LocalRunner(slots=2)
    yield runner
    runner.close()


def test_results_come_back_in_the_order_of_the_items(runner: LocalRunner):
    items = [str(i).encode() for i in range(40)]
    task = Append(runner.share(b"!"))
    assert runner.run(task, items) == [item + b"!" for item in items]


def test_work_is_done_by_other_processes_and_as_many_as_slots(runner: LocalRunner):
    workers = set(runner.run(name_the_process, [b""] * 60))
    assert str(os.getpid()).encode() not in workers
    assert 1 <= len(workers) <= 2


def test_no_items_start_no_worker(runner: LocalRunner):
    assert runner.run(name_the_process, []) == []


def test_a_killed_worker_costs_nothing_but_its_item_s_repetition(
    runner: LocalRunner, tmp_path: Path
):
    items = [str(i).encode() for i in range(8)]
    assert runner.run(DieOnce(str(tmp_path / "died")), items) == items


def test_an_item_that_kills_every_worker_ends_the_run_with_a_clear_error(runner: LocalRunner):
    with pytest.raises(RunnerError, match=f"killed their worker {ATTEMPTS} times"):
        runner.run(DieOnce(None), [b"1", b"3"])


def test_our_own_errors_arrive_as_they_were_raised(runner: LocalRunner):
    with pytest.raises(InputError, match="these vectors hold NaN"):
        runner.run(refuse, [b""])


def test_other_errors_arrive_with_their_name(runner: LocalRunner):
    with pytest.raises(RunnerError, match="KeyError: 'pear'"):
        runner.run(stumble, [b""])


def test_a_cancelled_run_stops_soon_and_does_not_start_over(runner: LocalRunner, tmp_path: Path):
    marker = tmp_path / "at work"
    with ThreadPoolExecutor(1) as background:
        running = background.submit(runner.run, touch_and_sleep, [str(marker).encode()] * 400)
        while not marker.exists():
            assert not running.done()
            time.sleep(0.02)
        runner.cancel()
        with pytest.raises(RunnerError, match=r"cancelled with .* of 400 units left"):
            running.result(timeout=30)


def test_closing_leaves_no_shared_file_behind():
    runner = LocalRunner(slots=1)
    shared = runner.share(b"x" * 100)
    assert Path(shared.file).exists()
    runner.close()
    assert not Path(shared.file).exists()


def test_a_script_without_a_main_guard_works(tmp_path: Path, tiny_onnx: Path, photos: Path):
    script = tmp_path / "bare.py"
    script.write_text(
        textwrap.dedent(f"""
        from fruits import Config, run
        report = run(Config(input={str(photos)!r}, output={str(tmp_path / "out")!r},
                            model={str(tiny_onnx)!r}, runner="local", components=3))
        print(report.matrix_rows)
        """)
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["60"]


def test_workers_end_with_a_driver_that_is_killed(tmp_path: Path):
    code = """
        import sys, time
        from fruits.runners.local import LocalRunner
        from pathlib import Path
        def pid(item):
            import os
            Path(item.decode()).write_text(str(os.getpid()))
            time.sleep(600)
            return item
        LocalRunner(1).run(pid, [sys.argv[1].encode()])
    """
    file = tmp_path / "pid"
    driver = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), str(file)])
    until(lambda: file.exists() and file.read_text())
    driver.kill()
    driver.wait()
    until(lambda: not psutil.pid_exists(int(file.read_text())))


def until(true: Callable[[], object]) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    pytest.fail("it did not happen in a minute")


def test_a_worker_killed_while_it_had_nothing_to_do_is_replaced(runner: LocalRunner):
    before = {int(pid) for pid in runner.run(name_the_process, [b""] * 8)}
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(psutil.pid_exists(pid) for pid in before))
    after = {int(pid) for pid in runner.run(name_the_process, [b""] * 8)}
    assert after.isdisjoint(before)
