"""Folders under the output for what workers hand to the driver, and what dead runs left there."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from fruits.storage.output import Output

FOLDER: Final = "_fruits/scratch"
WRITTEN: Final = ("", "matrix", "pca", "_fruits", "_fruits/models", "_fruits/moments")
"""The folders in which a driver writes files that appear whole, or remain unfinished."""


@contextmanager
def scratch_folder(output: Output, kind: str) -> Iterator[str]:
    """Give the name of a folder of this run alone; it is gone, with all in it, after the block."""
    folder = f"{FOLDER}/{kind}-{uuid.uuid4().hex[:12]}"
    try:
        yield folder
    finally:
        _remove_folder(output, folder)


def clear_scratch(output: Output) -> None:
    """Remove what runs that died have left half done; only while holding the output's lease."""
    for name in output.names(FOLDER):
        _remove_folder(output, f"{FOLDER}/{name}")
    for folder in WRITTEN:
        for name in output.unfinished(folder):
            output.remove(f"{folder}/{name}".lstrip("/"))


def _remove_folder(output: Output, folder: str) -> None:
    for name in [*output.names(folder), *output.unfinished(folder)]:
        output.remove(f"{folder}/{name}")
    output.remove_folder(folder)
