"""Recordings of a terminal: what was written, when, and played again."""

import io
import json
import os
import sys
from pathlib import Path

import pytest

from rehearsal import replay
from rehearsal.recording import COLUMNS, Recording, _text, record
from rehearsal.replay import LONGEST_PAUSE, paced


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr("rehearsal.recording.PAUSE_SECONDS", 0.0)


def text_of(recording: Recording) -> str:
    return "".join(text for _, text in recording.events)


def test_commands_run_in_a_terminal_of_that_width_and_everything_is_noted(tmp_path: Path):
    lines = ["echo pêche; tput cols", "test -t 1 && echo a terminal"]
    shown = text_of(record(lines, dict(os.environ), tmp_path))
    for words in ("echo pêche", "pêche\r\n", str(COLUMNS), "a terminal\r\n"):
        assert words in shown


def test_times_only_grow_and_a_wait_is_kept(tmp_path: Path):
    events = record(["sleep 0.5; echo done"], dict(os.environ), tmp_path).events
    times = [at for at, _ in events]
    assert times == sorted(times)
    (at,) = [n for n, (_, text) in enumerate(events) if text.startswith("done")]
    assert times[at] - times[at - 1] > 0.4


def test_a_command_that_fails_ends_the_recording(tmp_path: Path):
    with pytest.raises(SystemExit, match="exit 3 ended with 3"):
        record(["exit 3", "echo never"], dict(os.environ), tmp_path)


@pytest.mark.parametrize("cut", range(1, 4))
def test_a_character_that_was_cut_in_two_waits_for_its_rest(cut):
    content = "a🍒".encode()
    first, rest = _text(content[:-cut])
    assert first == "a"
    assert _text(rest + content[-cut:]) == ("🍒", b"")


def test_what_is_saved_is_played_with_its_pauses_the_long_ones_cut_short(tmp_path, monkeypatch):
    recording = Recording()
    for text, after in (("un ", 0.0), ("deux ", 1.0), ("trois", 60.0)):
        recording.write(text, after)
    file = tmp_path / "démo.cast"
    recording.save(file)
    head, *lines = file.read_text(encoding="utf-8").splitlines()
    assert json.loads(head)["version"] == 2
    assert json.loads(lines[-1]) == [61.0, "o", "trois"]
    assert list(paced(file.read_text())) == [(0.0, "un "), (1.0, "deux "), (LONGEST_PAUSE, "trois")]
    shown, slept = io.StringIO(), []
    monkeypatch.setattr(sys, "argv", ["replay", str(file), "--speed", "2"])
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setattr(replay.time, "sleep", slept.append)
    replay.main()
    assert (shown.getvalue(), slept) == ("un deux trois", [0.0, 0.5, LONGEST_PAUSE / 2])
