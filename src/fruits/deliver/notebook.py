"""A notebook that can be handed in: valid, executed from top to bottom, without an error."""

import json
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from fruits.deliver.finding import Finding, enumerated, missing, ok, wrong
from fruits.errors import ConfigError

VALID: Final = "notebook"
EXECUTED: Final = "notebook executed"
PRIVATE: Final = "notebook's paths"

_RERUN: Final = "restart its kernel, run all cells, and save it"

_HOME: Final = re.compile(r"(?:/home/|/Users/|[A-Za-z]:\\+Users\\+)([\w.-]+)")
_NOBODY: Final = frozenset(
    {"jovyan", "hadoop", "spark", "ubuntu", "ec2-user", "ssm-user", "runner", "user", "Shared"}
)
"""Accounts of machines and services, which name no person."""

Cell = Mapping[str, Any]


def require_nbformat() -> None:
    """Raise ConfigError, with the remedy, where the library that knows notebooks is not there."""
    try:
        import nbformat  # noqa: F401
    except ImportError as exc:
        raise ConfigError(
            f"notebooks are checked with nbformat: pip install 'fruits[notebook]' ({exc})"
        ) from exc


def check_notebook(path: Path) -> list[Finding]:
    """Return what is to be said of a notebook; of one that cannot be read, only that."""
    if not path.is_file():
        return [missing(VALID, f"no {path}", "give --notebook FILE.ipynb")]
    try:
        text = path.read_text("utf-8-sig")
        cells = _cells(json.loads(text))
    except (ValueError, OSError) as exc:
        reason = str(exc).splitlines()[0] if str(exc) else type(exc).__name__
        return [wrong(VALID, f"{path.name}: {reason}", "open it in Jupyter, and save it again")]
    code = [cell for _, cell in cells if cell["cell_type"] == "code"]
    size = f"{path.name}: {len(cells)} cells, {len(code)} of code, {len(text.encode()):,} bytes"
    return [ok(VALID, size), _executed(cells), _paths(cells)]


def _cells(facts: Any) -> list[tuple[int, Cell]]:  # noqa: ANN401
    """Return the cells with their numbers, from 1; ValueError for what is no valid notebook."""
    import nbformat

    if not isinstance(facts, dict) or facts.get("nbformat") != 4:
        raise ValueError("no notebook of format 4")
    try:
        with warnings.catch_warnings():
            # Cells without an id, as older Jupyters wrote them, are valid enough to be read.
            warnings.simplefilter("ignore")
            nbformat.validate(facts)
    except (nbformat.ValidationError, KeyError, TypeError, AttributeError) as exc:
        raise ValueError(f"no valid notebook: {str(exc).splitlines()[0]}") from exc
    return list(enumerate(facts["cells"], 1))


def _executed(cells: Sequence[tuple[int, Cell]]) -> Finding:
    code = [(n, cell) for n, cell in cells if cell["cell_type"] == "code" and _source(cell).strip()]
    if not code:
        return wrong(EXECUTED, "no cell holds any code", "give the notebook of the chain")
    if left := [n for n, cell in code if cell["execution_count"] is None]:
        found = f"{len(left)} of {len(code)} code cells were not executed: {enumerated(left)}"
        return wrong(EXECUTED, found, _RERUN)
    if failed := next(_errors(code), None):
        return wrong(EXECUTED, failed, f"mend that cell, {_RERUN}")
    counts = [cell["execution_count"] for _, cell in code]
    if back := [code[i][0] for i in range(1, len(code)) if counts[i] <= counts[i - 1]]:
        found = f"not executed from top to bottom: cell {enumerated(back)} ran before the one above"
        return wrong(EXECUTED, found, _RERUN)
    return ok(EXECUTED, f"{len(code)} code cells, in order, no error")


def _errors(code: Sequence[tuple[int, Cell]]) -> Iterator[str]:
    for number, cell in code:
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                yield f"cell {number} ends with {output['ename']}: {output['evalue']}"


def _paths(cells: Sequence[tuple[int, Cell]]) -> Finding:
    """Look for folders that are named after somebody: a notebook keeps what its cells printed."""
    for number, cell in cells:
        # As JSON writes it a backslash is doubled, which the pattern allows for.
        for found in _HOME.finditer(json.dumps(cell, ensure_ascii=False)):
            if found[1] not in _NOBODY:
                shown = f"cell {number} shows {found[0]}, a folder that names a person"
                return wrong(PRIVATE, shown, "use a relative path there, and run it again")
    return ok(PRIVATE, "no folder that names a person")


def _source(cell: Cell) -> str:
    source: str | list[str] = cell["source"]
    return source if isinstance(source, str) else "".join(source)
