"""One writer per output: a lease with a heartbeat; a dead holder's is taken over."""

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import psutil

from fruits.errors import OutputBusy
from fruits.storage.output import Output

FOLDER: Final = "_fruits/lease"

BEAT_SECONDS: Final = 5.0
PATIENCE_SECONDS: Final = 3 * BEAT_SECONDS
"""A holder on another machine that has not stirred for so long is dead."""

_INTRODUCTION: Final = {"holder", "host", "pid", "process_started", "since"}


class Lease:
    """The right to write to an output, held by one run until `release`, or until it dies.

    The lease is a file `<number>.json` that can be created by one run only. Its holder writes it
    again and again; whoever finds a dead holder creates the next number, which is atomic too, so
    two heirs cannot both succeed, and a holder that was thought dead finds a higher number.
    (Delta's log does not help: two appends at once both succeed.)
    """

    def __init__(self, output: Output, number: int, content: dict[str, Any]) -> None:
        self._output, self._number, self._content = output, number, content
        self._released = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="fruits-lease", daemon=True)
        self._heart.start()

    @classmethod
    def acquire(
        cls, output: Output, holder: str, *, note: Callable[[str], None] = lambda _: None
    ) -> "Lease":
        """Take the lease of an output for the run `holder`; `note` hears of a takeover.

        Raises OutputBusy, naming the other run, when another one is at work there. That takes no
        time if it is, or was, on this machine, else PATIENCE_SECONDS.
        """
        content = _introduction(holder)
        while True:
            numbers = _numbers(output)
            if numbers:
                _check_dead(output, numbers[-1], note=note)
            number = max(numbers, default=0) + 1
            made = output.create(_name(number), json.dumps(content).encode())
            # A PUT whose answer was lost is tried again by the client, and finds its own file.
            if made or _read(output, number) == content:
                for old in numbers:
                    output.remove(_name(old))
                return cls(output, number, content)

    @staticmethod
    def check_free(output: Output) -> None:
        """Raise OutputBusy when a run is at work on the output; nothing is written."""
        if numbers := _numbers(output):
            _check_dead(output, numbers[-1], note=lambda _: None)

    def confirm(self) -> None:
        """Make sure, before a commit, that nobody has taken over; raises OutputBusy if so."""
        numbers = _numbers(self._output)
        if not numbers or numbers[-1] != self._number:
            raise OutputBusy(
                f"another run has taken over {self._output.uri}, because this one gave no sign of "
                f"life for {PATIENCE_SECONDS:g} s: nothing more is written here, the other goes on"
            )

    def release(self) -> None:
        """Give the lease back; if the storage refuses, the next run will find its holder dead."""
        self._released.set()
        self._heart.join()
        with suppress(OSError):
            self._output.remove(_name(self._number))
            self._output.remove_folder(FOLDER)  # refused too if another run has taken over

    def _beat(self) -> None:
        while not self._released.wait(BEAT_SECONDS):
            # A storage that fails for a moment must not end the run: the next beat may succeed.
            with suppress(OSError, OutputBusy):
                self.confirm()
                self._content["beat"] += 1
                self._output.write(_name(self._number), json.dumps(self._content).encode())


def _introduction(holder: str) -> dict[str, Any]:
    process = psutil.Process()
    return {
        "holder": holder,
        "host": socket.gethostname(),
        "pid": process.pid,
        "process_started": process.create_time(),
        "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "beat": 0,
    }


def _check_dead(output: Output, number: int, *, note: Callable[[str], None]) -> None:
    """Return when the lease's holder is dead, or gone; raise OutputBusy when it lives."""
    content = _read(output, number)
    who = "a run" if content is None else f"run {content['holder']} ({_place(content)})"
    alive = None if content is None else _is_alive_here(content)
    if alive is None:
        note(f"{who} holds this output: looking for {PATIENCE_SECONDS:g} s whether it lives")
        alive = _stirs(output, number, content)
    if alive:
        raise OutputBusy(
            f"{who} is at work on {output.uri}: wait until it has ended, or choose another --output"
        )
    note(f"{who} died: going on in its place")


def _is_alive_here(content: dict[str, Any]) -> bool | None:
    """Look for the holder's process; None if it is on another machine."""
    if content["host"] != socket.gethostname():
        return None
    try:
        process = psutil.Process(content["pid"])
        if process.status() == psutil.STATUS_ZOMBIE:  # dead, but nobody has asked yet how it ended
            return False
        started = process.create_time()
    except psutil.NoSuchProcess:
        return False
    return abs(started - float(content["process_started"])) < 1.0


def _stirs(output: Output, number: int, before: dict[str, Any] | None) -> bool:
    """Wait as long as a holder's silence may last, and tell whether the lease changed."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        time.sleep(BEAT_SECONDS / 5)
        numbers = _numbers(output)
        if not numbers or numbers[-1] != number:
            return bool(numbers)  # given back, or taken over by a third run
        if _read(output, number) != before:
            return True
    return False


def _place(content: dict[str, Any]) -> str:
    return f"process {content['pid']} on {content['host']}, since {content['since']}"


def _read(output: Output, number: int) -> dict[str, Any] | None:
    """Return what the holder says of itself; None while it is still writing that."""
    try:
        content = json.loads(output.read(_name(number)) or b"")
    except ValueError:
        return None
    whole = isinstance(content, dict) and content.keys() >= _INTRODUCTION
    return content if whole else None


def _numbers(output: Output) -> list[int]:
    names = (name.removesuffix(".json") for name in output.names(FOLDER))
    return sorted(int(name) for name in names if name.isdigit())


def _name(number: int) -> str:
    return f"{FOLDER}/{number:06d}.json"
