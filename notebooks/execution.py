"""Runs a notebook from top to bottom in a folder of its own, so that no path of a machine shows."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import nbformat
from nbclient import NotebookClient

CELL_SECONDS: Final = 1800
PHOTOS: Final = "data"
"""The folder, beside the notebook's own output, under which it finds its photos."""


def execute(notebook: Path, folder: Path, *, photos: Path | None, model: str) -> Any:  # noqa: ANN401
    """Run all cells with `folder` as their place; return the notebook with its outputs.

    `photos` (a folder or a zip) are linked into it, since outputs are kept and show what was typed;
    without them the notebook draws its own. Raises nbclient's CellExecutionError, with the cell,
    where one fails.
    """
    read = nbformat.read(notebook, as_version=4)
    given = {"FRUITS_NOTEBOOK_MODEL": model, "FRUITS_NOTEBOOK_OUTPUT": "out"}
    if photos is not None:
        given["FRUITS_NOTEBOOK_INPUT"] = _linked(photos, folder)
    client = NotebookClient(
        read,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    with _environment(given):
        client.execute()
    return tidied(read)


def tidied(read: Any) -> Any:  # noqa: ANN401
    """Leave out what libraries said on stderr: it names this machine, and no reader needs it."""
    for cell in read.cells:
        if cell.cell_type == "code":
            cell.outputs = [out for out in cell.outputs if out.get("name") != "stderr"]
    read.metadata.pop("widgets", None)
    read.metadata.get("language_info", {}).pop("version", None)
    return read


def _linked(photos: Path, folder: Path) -> str:
    if not photos.exists():
        raise FileNotFoundError(f"{photos} does not exist: give --input a folder or a zip")
    place = folder / PHOTOS / photos.name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(photos.resolve())
    return f"{PHOTOS}/{photos.name}"


@contextmanager
def _environment(given: Mapping[str, str]) -> Iterator[None]:
    """Give the kernel these variables, and give ours back afterwards."""
    before = dict(os.environ)
    os.environ.update(given)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
