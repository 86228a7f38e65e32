"""A failed Spark job → the error that a Python worker raised, without the traceback around it."""

import re
from typing import Final

from fruits.errors import FruitsError, InputError, RunnerError

ERROR_LINE: Final = re.compile(r"^(fruits\.errors\.)?[A-Z]\w*(Error|Exception|Rejects): ")


def reason_of(exc: BaseException) -> str:
    """Find, in a Python worker's traceback, the line that names the error."""
    lines = [line.strip() for line in str(exc).splitlines()]
    named = [line for line in lines if ERROR_LINE.match(line)]
    return (named or lines or [type(exc).__name__])[0]


def translated(exc: BaseException) -> FruitsError:
    """Return the InputError that a worker raised, else a RunnerError with the reason."""
    if isinstance(exc, FruitsError):
        return exc
    reason = reason_of(exc)
    _, mark, message = reason.partition("fruits.errors.InputError: ")
    return InputError(message) if mark else RunnerError(f"the Spark job failed: {reason}")
