"""Follows a run whose driver is elsewhere, by what it posts in its output."""

import time
from collections.abc import Callable
from typing import Final

from fruits.report.posted import FOLDER, Posted, read_posted
from fruits.stages.progress import Progress
from fruits.storage.output import Output

POLL_SECONDS: Final = 2.0


def all_posted(output: Output) -> list[Posted]:
    """Read what is posted in an output, the newest first."""
    names = (name.removesuffix(".json") for name in output.names(FOLDER))
    found = (read_posted(output, name) for name in names)
    return sorted((p for p in found if p), key=lambda posted: posted.updated, reverse=True)


def follow(
    read: Callable[[], Posted | None],
    alive: Callable[[], bool],
    progress: Progress,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Posted | None:
    """Pass on what is posted until the run has posted its end, or is no longer alive.

    Returns what was posted last, None where nothing ever was.
    """
    told, posted = Relay(progress), None
    while True:
        living = alive()  # asked first: what it posts before its death is read below
        posted = read() or posted
        if posted:
            told.pass_on(posted)
        if not living or (posted and posted.exit_code is not None):
            return posted
        pause(POLL_SECONDS)


class Relay:
    """Passes on stages, notes and counts as a person would have seen them beside the driver."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._stage = ("", "")
        self._noted = 0

    def pass_on(self, posted: Posted) -> None:
        """Tell what is new since the last call."""
        if (posted.stage, posted.detail) != self._stage:
            self._stage = (posted.stage, posted.detail)
            self._progress.stage(*self._stage)
        for note in posted.notes_after(self._noted):
            self._progress.note(note)
        self._noted = posted.noted
        if posted.total:
            self._progress.advance(posted.done, posted.total)
