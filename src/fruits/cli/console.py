"""How the commands speak: results on stdout, progress and messages on stderr."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

out = Console(soft_wrap=True, highlight=False, markup=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


class TerminalProgress:
    """Draws a bar with rate and ETA on a terminal; prints one line per stage when piped."""

    def __init__(self) -> None:
        columns = (
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self._bars = Progress(*columns, console=err, disable=not err.is_terminal, transient=True)
        self._bar: TaskID | None = None
        self._entered = time.monotonic()

    def __enter__(self) -> "TerminalProgress":
        """Start drawing."""
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Stop drawing and leave the terminal clean."""
        self._bars.stop()

    def begin(self, run_id: str) -> None:
        """Nothing to draw yet; whose run it is stands in the report."""

    def stage(self, name: str, detail: str = "") -> None:
        """Enter a stage."""
        err.print(f"{name:<9}{detail}")
        if self._bar is not None:
            self._bars.remove_task(self._bar)
        self._bar = self._bars.add_task(name, total=None, rate="")
        self._entered = time.monotonic()

    def advance(self, done: int, total: int) -> None:
        """Move the bar."""
        if self._bar is None:
            return
        rate = done / max(time.monotonic() - self._entered, 1e-3)
        self._bars.update(
            self._bar, completed=done, total=total, rate=f"{rate:,.0f} images/s" if done else ""
        )

    def note(self, message: str) -> None:
        """Print a line under the stage."""
        err.print(f"         {message}")


def show_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print rows as a plain table on stdout."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*[_cell(row.get(column)) for column in columns])
    out.print(table)


def show_json(value: Any) -> None:  # noqa: ANN401
    """Print a value as JSON on stdout; in colours for a person only, whatever FORCE_COLOR says.

    Notebooks set that variable for all that they start, and programs would not read the colours.
    """
    if sys.stdout.isatty():
        out.print_json(data=value, ensure_ascii=False)
    else:
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else str(value)
