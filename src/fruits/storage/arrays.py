"""Arrow arrays ↔ numpy without `pyarrow.array`, which imports pandas if it is there.

That import takes a second of every new process (pyarrow 26 does it for any value, to know whether
it is a Series), and the workers that use these functions have no other need of pandas.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fruits.errors import InputError

Numbers = NDArray[Any]

_ARROW: Final = {
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
}
_NUMPY: Final = {kind: np.dtype(name) for name, kind in _ARROW.items()}


def numbers_of(array: pa.Array) -> Numbers:
    """View integers or floats as numpy's; a copy, with NaN for null, only where there are nulls."""
    dtype = _NUMPY.get(array.type)
    if dtype is None or array.null_count:
        converted: Numbers = array.to_numpy(zero_copy_only=False)
        return converted
    data = array.buffers()[1]
    if data is None:
        return np.empty(0, dtype)
    return np.frombuffer(data, dtype)[array.offset : array.offset + len(array)]


def array_of(numbers: Numbers) -> pa.Array:
    """Show int32, int64, float32 or float64 numbers to Arrow, without a copy if contiguous."""
    kind = _ARROW[numbers.dtype.name]
    return pa.Array.from_buffers(kind, len(numbers), [None, _buffer(numbers)])


def blobs_of(contents: Sequence[bytes]) -> pa.Array:
    """Make a binary array."""
    ends = np.cumsum([0, *map(len, contents)], dtype=np.int64).astype(np.int32)
    data = contents[0] if len(contents) == 1 else b"".join(contents)
    buffers = [None, _buffer(ends), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.binary(), len(contents), buffers)


def column_of(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Make an array of texts, or of whole numbers or times, of which None makes a null."""
    if kind == pa.string():
        texts = blobs_of([text.encode() for text in values])
        return pa.Array.from_buffers(kind, len(texts), texts.buffers())
    there = np.array([value is not None for value in values], bool)
    width = np.int32 if kind == pa.int32() else np.int64
    numbers = np.array([value or 0 for value in values], width)
    valid = None if there.all() else _buffer(np.packbits(there, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [valid, _buffer(numbers)])


def matrix_of(lists: pa.Array) -> Numbers:
    """View a list array without null lists as numbers[n, d]; null numbers become NaN.

    Raises InputError where the lists differ in length.
    """
    numbers = numbers_of(lists.flatten())
    if len(lists) == 0:
        return np.empty((0, 0), numbers.dtype)
    lengths = numbers_of(pc.list_value_length(lists))
    if (lengths != lengths[0]).any():
        raise InputError(
            f"vectors of {lengths.min()} and of {lengths.max()} numbers: "
            "they come from different models, or some were cut"
        )
    return numbers.reshape(len(lists), int(lengths[0]))


def lists_of(matrix: Numbers, *, there: NDArray[np.bool_] | None = None) -> pa.Array:
    """Make a list array of the rows of `matrix`; with `there`, one row for each true, else null."""
    rows = np.ones(len(matrix), bool) if there is None else there
    ends = np.zeros(len(rows) + 1, np.int32)
    np.cumsum(rows * matrix.shape[1], out=ends[1:])
    valid = None if rows.all() else _buffer(np.packbits(rows, bitorder="little"))
    values = array_of(matrix.reshape(-1))
    kind = pa.list_(values.type)
    return pa.Array.from_buffers(kind, len(rows), [valid, _buffer(ends)], children=[values])


def valid_rows(array: pa.Array) -> NDArray[np.bool_]:
    """Tell which values are not null."""
    if not array.null_count:
        return np.ones(len(array), bool)
    there: NDArray[np.bool_] = array.is_valid().to_numpy(zero_copy_only=False)
    return there


def _buffer(numbers: Numbers) -> pa.Buffer:
    return pa.py_buffer(np.ascontiguousarray(numbers))
