"""Texts with placeholders → French texts with measured values; a number typed by hand is refused.

`{name}` is a whole number or a name; `{name:1}` has one decimal; `{name:%1}` is a share as per
cent; `{name:euros}`, `{name:time}`, `{name:millions}` and `{name:date}` are money, seconds, counts
and days. `**so**` stays, for the painter.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from presentation.facts import Facts
from presentation.french import day, duration, euros, millions, number, percent, typeset

HOLE: Final = re.compile(r"\{([a-z0-9_.]+)(?::([%a-z0-9]+))?\}")

ALLOWED: Final = (
    "MobileNetV2", "Fruits-360", "S3", "EC2", "1-NN", "kill -9", "s3://", "aws s3",
)  # fmt: skip
"""Names that hold a digit and are no figure."""

_NAMES: Final = re.compile("|".join(re.escape(name) for name in ALLOWED))
_WORDS: Final[dict[str, Callable[[float], str]]] = {
    "euros": euros, "time": duration, "millions": millions,
}  # fmt: skip


class TypedNumberError(ValueError):
    """A template holds a digit that is neither in a placeholder nor in an allowed name."""


def fill(template: str, facts: Facts, *, code: bool = False) -> str:
    """Return the text with its values; `code` keeps quotes and spaces as they are.

    Raises TypedNumberError for a digit, KeyError for an unknown name, ValueError for a form that
    does not go with the value, or a brace that opens no placeholder.
    """
    check_no_number(template)
    text = template if code else typeset(template)
    return HOLE.sub(lambda hole: write(facts.take(hole[1]), hole[2], hole[1]), text)


def check_no_number(template: str) -> None:
    """Raise TypedNumberError where a digit is typed, ValueError where a brace is left over."""
    rest = _NAMES.sub("", HOLE.sub("", template))
    if found := re.search(r"\S*\d\S*", rest):
        raise TypedNumberError(
            f"{found[0]!r} in {template!r}: take it from facts.json by {{name}}, or allow the name"
        )
    if "{" in rest or "}" in rest:
        raise ValueError(f"a brace in {template!r} that is no placeholder")


def write(value: Any, form: str | None, name: str) -> str:  # noqa: ANN401
    """Write a value in a form; ValueError where they do not go together."""
    if isinstance(value, str) and form in (None, "date"):
        return day(value) if form else value
    if not isinstance(value, int | float) or (isinstance(value, float) and form is None):
        raise ValueError(f"{{{name}:{form}}}: {value!r} cannot be written so")
    if form in _WORDS:
        return _WORDS[form](value)
    if form and form.startswith("%"):
        return percent(value, int(form[1:] or 0))
    return number(value, int(form or 0))
