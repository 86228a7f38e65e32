"""Adds columns computed from a vector column, batch by batch, by a fitted PCA."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, DoubleType

from fruits.errors import InputError
from fruits.reduction.moments import Moments
from fruits.reduction.pca import FittedPca
from fruits.reduction.scores import project, reconstruction_error, restore
from fruits.spark.ml.vectors import as_array, kind_of, like

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Compute = Callable[[NDArray[Any]], NDArray[Any]]

VECTORS = ArrayType(DoubleType())


def with_scores(frame: "DataFrame", pca: FittedPca, source: str, target: str) -> "DataFrame":
    """Add the coordinates of the vectors in `source`, as vectors of the same kind."""
    light = _light(pca)
    return _with(frame, lambda x: project(light, x, dtype=np.float64), source, target)


def with_restored(frame: "DataFrame", pca: FittedPca, source: str, target: str) -> "DataFrame":
    """Add the vectors that the coordinates in `source` stand for."""
    light = _light(pca)
    return _with(frame, lambda x: restore(light, x, dtype=np.float64), source, target)


def with_error(frame: "DataFrame", pca: FittedPca, source: str, target: str) -> "DataFrame":
    """Add each vector's squared distance to what its coordinates restore, as a double."""
    light = _light(pca)
    computed = _column(lambda x: reconstruction_error(light, x), source, DoubleType())
    return frame.withColumn(target, computed(as_array(frame, source)))


def _with(frame: "DataFrame", compute: Compute, source: str, target: str) -> "DataFrame":
    computed = _column(compute, source, VECTORS)
    column = computed(as_array(frame, source))
    return frame.withColumn(target, like(kind_of(frame, source), column))


def _column(compute: Compute, source: str, kind: DataType) -> Any:  # noqa: ANN401
    """Make a pandas UDF that computes the rows that are not null, all of a batch at once."""

    def batches(columns: Iterator[pd.Series]) -> Iterator[pd.Series]:
        for column in columns:
            yield _computed(compute, column, source)

    return F.pandas_udf(batches, kind)


def _computed(compute: Compute, column: pd.Series, source: str) -> pd.Series:
    rows = np.flatnonzero(column.notna())
    results = np.full(len(column), None, dtype=object)
    if len(rows):
        try:
            computed = compute(_matrix([column.iat[row] for row in rows]))
        except InputError as exc:
            raise InputError(f"column {source!r}: {exc}") from exc
        for row, result in zip(rows, computed, strict=True):
            results[row] = result
    return pd.Series(results)


def _matrix(vectors: list[NDArray[Any]]) -> NDArray[Any]:
    try:
        return np.stack(vectors)
    except ValueError as exc:
        raise InputError("vectors of different lengths: they come from different models") from exc


def _light(pca: FittedPca) -> FittedPca:
    """Leave out the moments (13 MB at d = 1280), which only a refit needs."""
    return replace(pca, moments=Moments.empty(0))
