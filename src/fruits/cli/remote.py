"""Progress of a driver that runs on a cluster: lines in its log, and a file for whoever waits."""

import os
import time
from contextlib import suppress
from types import TracebackType
from typing import Final

from fruits.cli.console import TerminalProgress, err
from fruits.errors import INTERRUPTED, FruitsError
from fruits.report.posted import FOLDER, Posted, posted_name, read_posted
from fruits.storage.output import Output

VARIABLE: Final = "FRUITS_SUBMISSION"
"""Names the submission that this driver belongs to; the package's launch.py sets it."""

POST_SECONDS: Final = 3.0
LINE_SECONDS: Final = 30.0


def open_progress(output_uri: str) -> TerminalProgress:
    """Return progress for a terminal, or for a driver that was sent to a cluster."""
    submission = os.environ.get(VARIABLE)
    return RemoteProgress(output_uri, submission) if submission else TerminalProgress()


class RemoteProgress(TerminalProgress):
    """Tells the log what a terminal would show, and posts it in the output every few seconds.

    A post that fails is dropped: a storage that hesitates must not end a run.
    """

    def __init__(self, output_uri: str, submission: str) -> None:
        super().__init__()
        self._uri = output_uri
        self._output: Output | None = None
        self._posted = Posted(submission)
        self._posted_at = self._told_at = time.monotonic()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Post how the run ended."""
        super().__exit__(kind, error, at)
        self._posted.exit_code = exit_code_of(error)
        self._posted.message = "" if error is None else str(error) or type(error).__name__
        self._post()

    def begin(self, run_id: str) -> None:
        """Post which run this is, and clear away what ended ones have posted."""
        self._posted.run_id = run_id
        self.note(f"run {run_id}, submission {self._posted.submission}")
        with suppress(OSError, FruitsError):
            clear_ended(self._there(), but=self._posted.submission)

    def stage(self, name: str, detail: str = "") -> None:
        """Enter a stage."""
        super().stage(name, detail)
        self._posted.stage, self._posted.detail = name, detail
        self._posted.done = self._posted.total = 0
        self._posted.images_per_second = 0.0
        self._post()

    def advance(self, done: int, total: int) -> None:
        """Post the counts every few seconds, and write a line to the log every half minute."""
        super().advance(done, total)
        now, posted = time.monotonic(), self._posted
        posted.done, posted.total = done, total
        posted.images_per_second = round(done / max(now - self._entered, 1e-3), 1)
        if now - self._posted_at >= POST_SECONDS:
            self._post()
        if now - self._told_at >= LINE_SECONDS:
            self._told_at = now
            err.print(f"         {describe(posted)}")

    def note(self, message: str) -> None:
        """Print a line, and post it."""
        super().note(message)
        self._posted.add_note(message)
        self._post()

    def _post(self) -> None:
        self._posted_at = time.monotonic()
        with suppress(OSError, FruitsError):
            self._there().write(posted_name(self._posted.submission), self._posted.pack())

    def _there(self) -> Output:
        self._output = self._output or Output(self._uri)
        return self._output


def exit_code_of(error: BaseException | None) -> int:
    """Return the exit code that `fruits` gives to an error, 0 for none."""
    if error is None:
        return 0
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    return error.exit_code if isinstance(error, FruitsError) else FruitsError.exit_code


def clear_ended(output: Output, *, but: str) -> None:
    """Remove what runs that have ended posted in this output."""
    for name in output.names(FOLDER):
        submission = name.removesuffix(".json")
        posted = read_posted(output, submission)
        if submission != but and posted and posted.exit_code is not None:
            output.remove(f"{FOLDER}/{name}")


def describe(posted: Posted) -> str:
    """Put how far a stage is in one line: counts, rate, and an estimate of the time left."""
    if not posted.total:
        return f"{posted.stage} {posted.detail}".rstrip()
    text = f"{posted.stage} {posted.done:,} of {posted.total:,}"
    if posted.images_per_second:
        left = (posted.total - posted.done) / posted.images_per_second
        text += f" · {posted.images_per_second:,.0f} images/s · {left / 60:,.1f} min left"
    return text
