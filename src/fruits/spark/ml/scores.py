"""Adds columns computed from a vector column by a fitted PCA, batch by batch."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, DoubleType

from fruits.reduction.moments import Moments
from fruits.reduction.pca import FittedPca
from fruits.reduction.scores import project, reconstruction_error, restore
from fruits.spark.ml.computing import Computation, Compute, on_batches, on_files, with_pandas
from fruits.spark.ml.files import plain_files
from fruits.spark.ml.vectors import array_like, as_array, is_single, kind_of, like

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

HIDDEN = "_metadata"
"""Spark's hidden column of a file's path and a row's number
(https://spark.apache.org/docs/latest/sql-data-sources-generic-options.html)."""


def with_scores(frame: "DataFrame", pca: FittedPca, source: str, target: str) -> "DataFrame":
    """Add the coordinates of the vectors in `source`, as vectors of the same kind."""
    return _with_vectors(frame, partial(project, _light(pca)), source, target)


def with_restored(frame: "DataFrame", pca: FittedPca, source: str, target: str) -> "DataFrame":
    """Add the vectors that the coordinates in `source` stand for."""
    return _with_vectors(frame, partial(restore, _light(pca)), source, target)


def with_error(frame: "DataFrame", pca: FittedPca, source: str, target: str) -> "DataFrame":
    """Add each vector's squared distance to what its coordinates restore, as a double."""
    compute = partial(reconstruction_error, _light(pca))
    return frame.withColumn(target, _computed(frame, compute, source, DoubleType()))


def _with_vectors(frame: "DataFrame", compute: Any, source: str, target: str) -> "DataFrame":  # noqa: ANN401
    kind = kind_of(frame, source)
    dtype = np.float32 if is_single(kind) else np.float64
    column = _computed(frame, partial(compute, dtype=dtype), source, array_like(kind))
    return frame.withColumn(target, like(kind, column))


def _computed(frame: "DataFrame", compute: Compute, source: str, kind: DataType) -> "Column":
    """Compute from the vectors, which workers read from the files themselves where they can.

    Then only a row's file and number go to Python, and Spark does not read the vectors at all.
    """
    computation = Computation(compute, source)
    if HIDDEN in frame.columns or plain_files(frame, source) is None:
        return _udf(on_batches(computation), kind, 1)(as_array(frame, source))
    place = F.col(f"{HIDDEN}.file_path"), F.col(f"{HIDDEN}.row_index")
    return _udf(on_files(computation), kind, 2)(*place)


def _udf(compute: Any, kind: DataType, inputs: int) -> Any:  # noqa: ANN401
    if hasattr(F, "arrow_udf"):
        return F.arrow_udf(compute, kind)
    return F.pandas_udf(with_pandas(compute, inputs=inputs), kind)


def _light(pca: FittedPca) -> FittedPca:
    """Leave out the moments (13 MB at d = 1280), which only a refit needs."""
    return replace(pca, moments=Moments.empty(0))
