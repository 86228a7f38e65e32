"""A DataFrame's column of vectors ↔ numpy, whichever of Spark's three kinds it is of."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.ml.linalg import VectorUDT
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, DoubleType, FloatType

from fruits.errors import ConfigError, InputError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

KINDS = "array<float>, array<double> or a Vector of pyspark.ml"


def kind_of(frame: "DataFrame", name: str) -> DataType:
    """Return a vector column's type; ConfigError when it is missing or holds something else."""
    if name not in frame.columns:
        raise ConfigError(
            f"inputCol {name!r} is not among the columns {', '.join(frame.columns)}: "
            "set it to the one that holds the vectors"
        )
    kind = frame.schema[name].dataType
    if isinstance(kind, VectorUDT) or _is_array(kind):
        return kind
    raise ConfigError(f"column {name!r} is {kind.simpleString()}: vectors must be {KINDS}")


def as_array(frame: "DataFrame", name: str) -> "Column":
    """Select a vector column as array<float> or array<double>; null stays null."""
    kind, column = kind_of(frame, name), F.col(f"`{name}`")
    if isinstance(kind, VectorUDT):
        # The conversion refuses nulls, so it must not see them.
        return F.when(column.isNotNull(), vector_to_array(column))
    return column


def like(kind: DataType, column: "Column") -> "Column":
    """Turn array<double> into the kind that went in; null stays null."""
    if isinstance(kind, VectorUDT):
        return F.when(column.isNotNull(), array_to_vector(column))
    return column.cast(ArrayType(FloatType())) if _is_single(kind) else column


def read_batches(
    batches: Iterable[pa.RecordBatch], name: str
) -> Iterator[tuple[NDArray[Any], int]]:
    """Yield (vectors [n, d], number of nulls left out) for each Arrow batch of one list column.

    A null inside a vector becomes NaN. Raises InputError, naming the column, where vectors of
    one batch differ in length.
    """
    for batch in batches:
        column = batch.column(0)
        there = column.drop_null() if column.null_count else column
        yield matrix_of(there, name), column.null_count


def matrix_of(column: pa.ListArray, name: str) -> NDArray[Any]:
    """View a list column without nulls as numbers[n, d]; copied only where numbers are null."""
    numbers = column.flatten().to_numpy(zero_copy_only=False)
    if len(column) == 0:
        return np.empty((0, 0), numbers.dtype)
    lengths = np.diff(column.offsets.to_numpy())
    if (lengths != lengths[0]).any():
        raise InputError(
            f"column {name!r} holds vectors of {lengths.min()} and of {lengths.max()} numbers: "
            "they come from different models, or some were cut"
        )
    matrix: NDArray[Any] = numbers.reshape(len(column), int(lengths[0]))
    return matrix


def _is_array(kind: DataType) -> bool:
    return isinstance(kind, ArrayType) and isinstance(kind.elementType, FloatType | DoubleType)


def _is_single(kind: DataType) -> bool:
    return isinstance(kind, ArrayType) and isinstance(kind.elementType, FloatType)
