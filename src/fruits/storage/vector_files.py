"""Reads one column of vectors of a Parquet file, in small batches or by the numbers of its rows."""

import bisect
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fruits.storage.arrays import array_of

BATCH_ROWS: Final = 256
"""Vectors decoded at a time: they stay in the processor's cache, and memory stays flat.

Measured on 12,500 × 1280 float32: 83 ms in batches of 256 to 4,096, 243 ms all at once.
"""


READ_BYTES: Final = 2**20
"""Bytes read from the disk at a time, instead of a whole row group."""

NOTHING: Final = pa.list_(pa.float32())
"""The type of the nulls in place of a missing column."""


class VectorFile:
    """One list column of a local Parquet file.

    The column is found whatever its case, as Spark does; a file without it holds nulls. Its name
    must not contain a dot, which Parquet keeps for nested columns.
    """

    def __init__(self, path: str, column: str) -> None:
        self.path = path
        self._file = pq.ParquetFile(path, pre_buffer=False, buffer_size=READ_BYTES)
        self._column = _found(column, self._file.schema_arrow.names)
        metadata = self._file.metadata
        counts = (metadata.row_group(i).num_rows for i in range(metadata.num_row_groups))
        self._starts = list(accumulate(counts, initial=0))
        self._window: pa.Array = pa.nulls(0, NOTHING)
        self._start = 0  # the number of the first row of the window
        self._seek(0)

    @property
    def row_groups(self) -> int:
        """The number of row groups, which can be read apart."""
        return len(self._starts) - 1

    def batches(self, groups: Sequence[int]) -> Iterator[pa.Array]:
        """Yield the lists of some row groups, BATCH_ROWS at most at a time."""
        if self._column is None:
            sizes = (self._starts[group + 1] - self._starts[group] for group in groups)
            yield from (pa.nulls(size, NOTHING) for size in sizes)
            return
        for batch in self._file.iter_batches(
            BATCH_ROWS, row_groups=list(groups), columns=[self._column], use_threads=False
        ):
            yield batch.column(0)

    def rows(self, numbers: NDArray[np.int64]) -> Iterator[pa.Array]:
        """Yield the lists of the rows of these numbers (from 0), in the order given.

        Fast for rising numbers, within one call and from call to call: then nothing is decoded
        twice. Raises IndexError for a row that the file does not have.
        """
        done = 0
        while done < len(numbers):
            window = self._window_at(int(numbers[done]))
            ahead = numbers[done:] - self._start
            outside = np.flatnonzero((ahead < 0) | (ahead >= len(window)))
            count = int(outside[0]) if len(outside) else len(ahead)
            yield _taken(window, ahead[:count])
            done += count

    def _window_at(self, row: int) -> pa.Array:
        """Decode on until the window holds the row; start again elsewhere if it lies behind."""
        if self._start <= row < self._next:
            return self._window
        group = self._group_of(row)
        if row < self._next or self._group_of(self._next) != group:
            self._seek(group)
        while row >= self._next:
            self._window, self._start = next(self._batches), self._next
            self._next += len(self._window)
        return self._window

    def _seek(self, group: int) -> None:
        self._next = self._starts[group]  # the number of the row that the next batch starts with
        self._batches = self.batches(range(group, self.row_groups))

    def _group_of(self, row: int) -> int:
        if not 0 <= row < self._starts[-1]:
            raise IndexError(
                f"row {row} of {self.path}, which has {self._starts[-1]} rows: "
                "it changed while it was read"
            )
        return bisect.bisect_right(self._starts, row) - 1


def _found(column: str, names: Sequence[str]) -> str | None:
    if column in names:
        return column
    return next((name for name in names if name.casefold() == column.casefold()), None)


def _taken(window: pa.Array, numbers: NDArray[np.int64]) -> Any:  # noqa: ANN401
    first = int(numbers[0])
    if (np.diff(numbers) == 1).all():
        return window.slice(first, len(numbers))
    return window.take(array_of(numbers))
