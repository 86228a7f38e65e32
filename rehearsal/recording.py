"""Records commands as a person would see them in a terminal, in asciinema's format (version 2)."""

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

COLUMNS: Final = 120
ROWS: Final = 32
TYPING_SECONDS: Final = 0.03
PAUSE_SECONDS: Final = 1.5
"""After each command, for whoever reads along."""


@dataclass
class Recording:
    """What was written to the terminal, and when, in seconds from the beginning."""

    events: list[tuple[float, str]] = field(default_factory=list)
    clock: float = 0.0

    def write(self, text: str, after: float = 0.0) -> None:
        """Note that a text came so many seconds after the one before."""
        self.clock += after
        self.events.append((self.clock, text))

    def type(self, line: str) -> None:
        """Note a line as if somebody typed it."""
        self.write("\x1b[1;32m$\x1b[0m ", PAUSE_SECONDS)
        for letter in line:
            self.write(letter, TYPING_SECONDS)
        self.write("\r\n", 0.4)

    def save(self, file: Path) -> None:
        """Write the recording (https://docs.asciinema.org/manual/asciicast/v2/)."""
        head = {"version": 2, "width": COLUMNS, "height": ROWS, "env": {"TERM": "xterm-256color"}}
        lines = [json.dumps(head)]
        lines += [json.dumps([round(at, 3), "o", text]) for at, text in self.events]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def record(lines: Sequence[str], environ: Mapping[str, str], folder: Path) -> Recording:
    """Run lines of a shell one after another, in a terminal of their own.

    SystemExit where one fails: what is shown must be what works.
    """
    recording = Recording()
    for line in lines:
        recording.type(line)
        code = _run(recording, line, environ, folder)
        if code:
            shown = "".join(text for _, text in recording.events)
            raise SystemExit(f"{line} ended with {code}\n{shown}")
    recording.write("", PAUSE_SECONDS)
    return recording


def _run(recording: Recording, line: str, environ: Mapping[str, str], folder: Path) -> int:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    size = {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(ROWS)}
    process = subprocess.Popen(
        ["bash", "-c", line], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder,
        env={**environ, **size}, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    _listen(recording, ours, process)
    os.close(ours)
    return process.wait()


def _listen(recording: Recording, terminal: int, process: "subprocess.Popen[bytes]") -> None:
    """Note what comes until the terminal is closed."""
    last, rest = time.monotonic(), b""
    while True:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        if not ready:
            if process.poll() is not None:
                return
            continue
        try:
            found = os.read(terminal, 65536)
        except OSError:
            return
        now = time.monotonic()
        text, rest = _text(rest + found)
        recording.write(text, now - last)
        last = now


def _text(content: bytes) -> tuple[str, bytes]:
    """Decode what is whole; a character that was cut in two waits for its rest."""
    for cut in range(4):
        end = len(content) - cut
        try:
            return content[:end].decode("utf-8"), content[end:]
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", errors="replace"), b""
