"""`python -m rehearsal.replay FILE.cast`: plays a recording where there is no asciinema."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LONGEST_PAUSE: Final = 2.0
"""Seconds: what a run only waits for is not worth watching."""


def main() -> None:
    """Play the recording."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.replay", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--speed", type=float, default=1.0, help="2: twice as fast")
    wish = parser.parse_args()
    for pause, text in paced(wish.file.read_text(encoding="utf-8")):
        time.sleep(pause / wish.speed)
        sys.stdout.write(text)
        sys.stdout.flush()


def paced(recording: str) -> Iterator[tuple[float, str]]:
    """Yield each text with the seconds to wait before it."""
    _, *lines = recording.splitlines()
    last = 0.0
    for line in lines:
        at, kind, text = json.loads(line)
        if kind == "o":
            yield min(at - last, LONGEST_PAUSE), text
            last = at


if __name__ == "__main__":
    main()
