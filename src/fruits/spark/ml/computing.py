"""What workers do for a transform: vectors → results, from Arrow batches or straight from files.

Nothing here imports pyspark.ml, nor pandas where Spark can do without: every new worker would wait
two seconds for them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fruits.errors import InputError
from fruits.spark.archives import reread_archives_only_when_changed
from fruits.storage.arrays import array_of, lists_of, matrix_of, numbers_of, valid_rows
from fruits.storage.uri import canonical
from fruits.storage.vector_files import VectorFile

Compute = Callable[[NDArray[Any]], NDArray[Any]]
"""Vectors [n, d] → results [n, k], or [n]."""


@dataclass(frozen=True)
class Computation:
    """What to compute of the vectors of a column; errors name that column."""

    compute: Compute
    column: str

    def of(self, lists: pa.Array) -> pa.Array:
        """Compute all rows of a batch at once; a null list gives null."""
        there = valid_rows(lists)
        try:
            results = self.compute(matrix_of(lists if there.all() else lists.drop_null()))
        except InputError as exc:
            raise InputError(f"column {self.column!r}: {exc}") from exc
        return lists_of(results, there=there) if results.ndim == 2 else _spread(results, there)


def _spread(results: NDArray[Any], there: NDArray[np.bool_]) -> pa.Array:
    """Lay single numbers out among nulls."""
    if there.all():
        return array_of(results)
    places = np.maximum(np.cumsum(there) - 1, 0)
    return array_of(results).take(pa.array(places, mask=~there))


def on_batches(computation: Computation) -> Any:  # noqa: ANN401
    """Make the function of an Arrow UDF on the vectors."""

    def compute(batches: Iterator[pa.Array]) -> Iterator[pa.Array]:
        reread_archives_only_when_changed()
        for lists in batches:
            yield computation.of(lists)

    return compute


def on_files(computation: Computation) -> Any:  # noqa: ANN401
    """Make the function of an Arrow UDF on the rows' files (URIs) and their numbers in them."""

    def compute(batches: Iterator[tuple[pa.Array, pa.Array]]) -> Iterator[pa.Array]:
        reread_archives_only_when_changed()
        reader = Reader(computation.column)
        for uris, numbers in batches:
            results = [computation.of(lists) for lists in reader.lists(uris, numbers_of(numbers))]
            yield pa.concat_arrays(results)

    return compute


class Reader:
    """Reads the vectors of rows named by file and number; keeps the last file open."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._uri = ""
        self._file: VectorFile | None = None

    def lists(self, uris: pa.Array, numbers: NDArray[np.int64]) -> Iterator[pa.Array]:
        """Yield the vectors of the rows, in their order, in batches of any size."""
        encoded = uris.dictionary_encode()
        which = numbers_of(encoded.indices)
        edges = [0, *(np.flatnonzero(np.diff(which)) + 1).tolist(), len(which)]
        for start, end in pairwise(edges):
            uri = encoded.dictionary[int(which[start])].as_py()
            yield from self._open(uri).rows(numbers[start:end])

    def _open(self, uri: str) -> VectorFile:
        if self._file is None or uri != self._uri:
            self._file, self._uri = VectorFile(canonical(uri), self._column), uri
        return self._file


def with_pandas(compute: Any, *, inputs: int) -> Any:  # noqa: ANN401
    """Wrap the function of an Arrow UDF as one of a pandas UDF, all that Spark before 4.1 has."""
    import pandas as pd

    def of_one(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        for result in compute(_lists_of(batch) for batch in batches):
            yield result.to_pandas()

    def of_two(batches: Iterator[tuple[pd.Series, pd.Series]]) -> Iterator[pd.Series]:
        for result in compute((pa.array(a), pa.array(b)) for a, b in batches):
            yield result.to_pandas()

    return of_one if inputs == 1 else of_two


def _lists_of(series: Any) -> pa.Array:  # noqa: ANN401
    """Make a list array; a Series of nothing but null has lost the type of the column."""
    lists = pa.array(series, from_pandas=False)
    return lists.cast(pa.list_(pa.float64())) if pa.types.is_null(lists.type) else lists
