"""Numbers and punctuation as French readers expect them: 26 837, 5,8 %, « ainsi ! »."""

import re
from typing import Final

NBSP: Final = "\u00a0"
THIN: Final = "\u202f"
MONTHS: Final = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août",
                 "septembre", "octobre", "novembre", "décembre")  # fmt: skip

_BEFORE: Final = re.compile(r" +([:;!?»%€×])")
_UNIT: Final = re.compile(r"\} (s|min|h|Mo|Go|ko|vCPU|cœurs|fois|pixels)\b")
_AFTER: Final = re.compile(r"« +")


def number(value: float, decimals: int = 0) -> str:
    """Write a number with a decimal comma and narrow no-break spaces between thousands."""
    written = f"{value:,.{decimals}f}"
    return written.replace(",", THIN).replace(".", ",").replace("-", "\u2212")


def percent(share: float, decimals: int = 0) -> str:
    """Write a share of 1 as per cent."""
    return f"{number(share * 100, decimals)}{NBSP}%"


def euros(value: float) -> str:
    """Write euros, with cents unless they are whole."""
    return f"{number(value, 0 if value == int(value) else 2)}{NBSP}€"


def duration(seconds: float) -> str:
    """Write seconds as "45 s", "1 min 10" or "20 min", as speakers' notes have it."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min {rest:02d}" if rest else f"{minutes} min"


def millions(value: float) -> str:
    """Write a count of whole millions: "1 million", "10 millions"; ValueError for any other."""
    count, rest = divmod(value, 1_000_000)
    if rest or not count:
        raise ValueError(f"{value:,} are no whole millions")
    return f"{number(count)}{NBSP}million{'s' if count > 1 else ''}"


def day(iso: str) -> str:
    """Write a day such as 2026-11-27 as "27 novembre 2026"."""
    year, month, date = iso.split("-")
    return f"{'1er' if date == '01' else int(date)}{NBSP}{MONTHS[int(month) - 1]}{NBSP}{year}"


def typeset(text: str) -> str:
    """Put no-break spaces before French punctuation and before the unit of a placeholder's value.

    Apostrophes become curly ones.
    """
    text = _BEFORE.sub(rf"{NBSP}\1", text.replace("'", "’"))
    text = _UNIT.sub(rf"}}{NBSP}\1", text)
    return _AFTER.sub(f"«{NBSP}", text)
