"""A folder under the output for what workers hand to the driver through the storage."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from fruits.storage.output import Output


@contextmanager
def scratch_folder(output: Output, kind: str) -> Iterator[str]:
    """Give the name of a folder of this run alone; it is gone, with all in it, after the block."""
    folder = f"_fruits/scratch/{kind}-{uuid.uuid4().hex[:12]}"
    try:
        yield folder
    finally:
        for name in output.names(folder):
            output.remove(f"{folder}/{name}")
        output.remove_folder(folder)
