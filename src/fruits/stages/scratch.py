"""A folder under the output for what workers hand to the driver through the storage."""

import uuid
from types import TracebackType

from fruits.storage.output import Output


class Scratch:
    """A folder of a random name that is gone, with all in it, when the block ends."""

    def __init__(self, output: Output, kind: str) -> None:
        self.folder = f"_fruits/scratch/{kind}-{uuid.uuid4().hex[:12]}"
        self._output = output

    def __enter__(self) -> "Scratch":
        """Enter the block; nothing is written until a worker writes."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Remove the folder and what the workers wrote into it."""
        for name in self._output.names(self.folder):
            self._output.remove(f"{self.folder}/{name}")
        self._output.remove_folder(self.folder)
