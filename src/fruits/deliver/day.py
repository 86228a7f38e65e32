"""The date of a delivery, in the ways that people write it."""

import re
from datetime import date
from typing import Final

from fruits.errors import ConfigError

_FORMS: Final = (
    re.compile(r"(?P<month>\d{1,2})/(?P<year>\d{4})"),
    re.compile(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})"),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"),
)

YEARS: Final = range(1980, 2108)
"""The years that a zip archive can date its members with."""


def parse_day(text: str) -> date:
    """Read 11/2026, 28/11/2026, 2026-11 or 2026-11-28; a month alone stands for its first day.

    Raises ConfigError for anything else, and for a day that no calendar has.
    """
    found = next((match for form in _FORMS if (match := form.fullmatch(text.strip()))), None)
    try:
        if found is None:
            raise ValueError("no such form")
        day = date(**{"day": 1} | {key: int(value) for key, value in found.groupdict().items()})
    except ValueError as exc:
        raise ConfigError(
            f"--date {text!r} is no date ({exc}): write 11/2026, 28/11/2026, 2026-11 or 2026-11-28"
        ) from exc
    if day.year not in YEARS:
        raise ConfigError(f"--date {text!r}: a zip archive dates from {YEARS[0]} to {YEARS[-1]}")
    return day


def mmaaaa(day: date) -> str:
    """Write the month as the names of the deliverables have it: 112026."""
    return f"{day:%m}{day.year:04d}"
