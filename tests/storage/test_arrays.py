"""Arrow arrays and numpy, without pandas in between."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from fruits.errors import InputError
from fruits.storage.arrays import array_of, blobs_of, lists_of, matrix_of, numbers_of, valid_rows


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32", "float64"])
def test_numbers_go_there_and_back(dtype):
    numbers = np.arange(7).astype(dtype)
    array = array_of(numbers)
    assert array.equals(pa.array(numbers))
    back = numbers_of(array.slice(2, 3))
    assert back.dtype == dtype
    assert back.tolist() == [2, 3, 4]


def test_every_second_number_is_copied_right():
    assert array_of(np.arange(10)[::2]).to_pylist() == [0, 2, 4, 6, 8]


def test_a_null_number_becomes_nan():
    assert np.isnan(numbers_of(pa.array([1.0, None]))[1])


def test_other_kinds_of_numbers_are_converted():
    assert numbers_of(pa.array([1, 2], pa.int8())).tolist() == [1, 2]


def test_arrays_without_values_stay_empty():
    assert len(numbers_of(array_of(np.empty(0, np.float32)))) == 0
    assert len(numbers_of(pa.nulls(0, pa.float64()))) == 0
    assert matrix_of(pa.nulls(0, pa.list_(pa.float32()))).shape == (0, 0)


@pytest.mark.parametrize("contents", [[], [b""], [b"one"], [b"one", b"", b"three\0"]])
def test_bytes_become_a_binary_array(contents):
    assert blobs_of(contents).equals(pa.array(contents, pa.binary()))


def test_lists_become_a_matrix_and_lists_again():
    matrix = np.arange(12, dtype=np.float32).reshape(4, 3)
    lists = lists_of(matrix)
    lists.validate(full=True)
    assert lists.to_pylist() == matrix.tolist()
    np.testing.assert_array_equal(matrix_of(lists.slice(1, 2)), matrix[1:3])


def test_null_lists_keep_their_places():
    there = np.array([False, True, True] + [False] * 8 + [True])
    lists = lists_of(np.ones((3, 2)), there=there)
    lists.validate(full=True)
    assert lists.to_pylist() == [[1.0, 1.0] if valid else None for valid in there]
    assert valid_rows(lists).tolist() == there.tolist()
    assert valid_rows(lists.slice(1, 2)).all()


def test_lists_of_fixed_size_are_read_too():
    lists = pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32(), 2))
    assert matrix_of(lists).tolist() == [[1, 2], [3, 4]]


def test_lists_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="of 1 and of 2 numbers"):
        matrix_of(pa.array([[1.0], [1.0, 2.0]]))


def test_nothing_here_imports_pandas():
    pytest.importorskip("pandas", reason="only where pandas could be imported")
    script = """
import sys
import numpy as np
from fruits.storage.arrays import array_of, blobs_of, lists_of, matrix_of, valid_rows
matrix_of(lists_of(np.ones((2, 3)))), valid_rows(blobs_of([b"x"])), array_of(np.arange(2))
sys.exit("pandas" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
