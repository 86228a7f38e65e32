"""One thing checked before the archive is built: its state, what was found, what to do next."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "missing", "wrong"]


@dataclass(frozen=True)
class Finding:
    """What is "missing" may be left out on demand; what is "wrong" is never handed in."""

    check: str
    state: State
    found: str
    advice: str = ""


def ok(check: str, found: str) -> Finding:
    """Return a finding that needs no advice."""
    return Finding(check, "ok", found)


def missing(check: str, found: str, advice: str) -> Finding:
    """Return the finding of what is not there."""
    return Finding(check, "missing", found, advice)


def wrong(check: str, found: str, advice: str) -> Finding:
    """Return the finding of what is there and must not be handed in as it is."""
    return Finding(check, "wrong", found, advice)


def enumerated(numbers: Iterable[int], most: int = 5) -> str:
    """Write the first numbers of a list, and how many follow: "2, 3, 7 and 4 more"."""
    listed = list(numbers)
    shown = ", ".join(map(str, listed[:most]))
    return f"{shown} and {len(listed) - most} more" if len(listed) > most else shown
