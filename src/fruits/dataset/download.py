"""A URL → the whole file, however often the connection breaks on the way."""

import http.client
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from fruits.dataset.answer import TIMEOUT_SECONDS, Answer, Passing, Refused, Unreachable, ask
from fruits.dataset.partial import Partial

TRIES: Final = 5
"""Attempts in a row that may bring nothing; one that brings bytes starts the count again."""

LONGEST_PAUSE: Final = 60.0


class Watch(Protocol):
    """Receives the course of a download; every method may be called often and must be cheap."""

    def advance(self, done: int, total: int | None) -> None:
        """Tell how many bytes are here, and of how many, if that is known."""
        ...

    def note(self, message: str) -> None:
        """Say something that a person should know."""
        ...


@dataclass(frozen=True)
class Patience:
    """How long to wait: for an answer, and (`sleep`) between attempts."""

    timeout: float = TIMEOUT_SECONDS
    first_pause: float = 1.0
    sleep: Callable[[float], None] = time.sleep


def download(
    url: str,
    part: Partial,
    *,
    watch: Watch,
    check_room: Callable[[int | None], None],
    patience: Patience,
) -> None:
    """Fill `part` with the file at `url`, going on where an earlier attempt or call has stopped.

    `check_room` is told, before a byte is written, how many are to come. Raises Refused, or
    Passing when TRIES attempts in a row were in vain.
    """
    in_vain, begun = 0, False
    while True:
        before = part.size
        try:
            _attempt(url, part, watch, check_room, patience.timeout)
        except Passing as exc:
            grown = part.size > before
            in_vain, begun = (0 if grown else in_vain + 1), begun or grown
            if in_vain >= TRIES or (isinstance(exc, Unreachable) and not begun):
                raise
            pause = _pause(exc, in_vain, patience.first_pause)
            watch.note(f"{exc}: trying again in {pause:.0f} s")
            patience.sleep(pause)
        else:
            return


def _attempt(
    url: str,
    part: Partial,
    watch: Watch,
    check_room: Callable[[int | None], None],
    timeout: float,
) -> None:
    validator, total = part.validator(url), part.note().get("total")
    start = part.size if validator else 0
    with ask(url, start=start, validator=validator, timeout=timeout) as answer:
        if answer.complete:
            return
        _fit(part, url, answer, start=start, note_total=total)
        check_room(None if answer.total is None else answer.total - part.size)
        part.append(_reader(answer), lambda done: watch.advance(done, answer.total))
        _check_length(part, answer.total)


def _fit(part: Partial, url: str, answer: Answer, *, start: int, note_total: int | None) -> None:
    """Make the bytes that are here those before the answer's: the old ones, or none."""
    if answer.start == 0:
        part.restart(url, answer)
        return
    changed = answer.validator not in ("", part.note().get("validator"))
    if answer.start != start or note_total not in (None, answer.total) or changed:
        part.discard()
        raise Passing("the file has changed meanwhile: starting again")


def _reader(answer: Answer) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        try:
            return answer.stream.read1(size)
        except http.client.HTTPException as exc:
            raise Passing(f"the connection was cut ({type(exc).__name__})") from exc
        except OSError as exc:
            raise Passing(f"the connection was cut ({exc})") from exc

    return read


def _check_length(part: Partial, total: int | None) -> None:
    """A closed connection ends a read like the end of the file does."""
    if total is None or part.size == total:
        return
    if part.size < total:
        raise Passing(f"the connection was cut at {part.size:,} of {total:,} bytes")
    part.discard()
    raise Refused(f"it sent more than the {total:,} bytes that it announced")


def _pause(exc: Passing, in_vain: int, first: float) -> float:
    """Wait as long as the server asks, else twice as long each time, with some jitter."""
    if exc.after is not None:
        return min(exc.after, LONGEST_PAUSE)
    doubled: float = first * 2.0 ** max(in_vain - 1, 0)
    return min(doubled, LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311
