"""A DataFrame's column of vectors as arrays and back, whichever of Spark's kinds it is of."""

from typing import TYPE_CHECKING

from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.ml.linalg import VectorUDT
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, DoubleType, FloatType

from fruits.errors import ConfigError

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
    """Turn an array column of `array_like(kind)` into the kind that went in; null stays null."""
    if isinstance(kind, VectorUDT):
        return F.when(column.isNotNull(), array_to_vector(column))
    return column


def array_like(kind: DataType) -> ArrayType:
    """Return the type of arrays that hold a vector column's numbers: float or double."""
    return ArrayType(FloatType() if is_single(kind) else DoubleType())


def is_single(kind: DataType) -> bool:
    """Tell whether a vector column holds float32."""
    return isinstance(kind, ArrayType) and isinstance(kind.elementType, FloatType)


def _is_array(kind: DataType) -> bool:
    return isinstance(kind, ArrayType) and isinstance(kind.elementType, FloatType | DoubleType)
