"""Vectors of a Parquet file: in order, or by the numbers of their rows."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fruits.storage import vector_files
from fruits.storage.arrays import matrix_of
from fruits.storage.vector_files import VectorFile

ROWS = 1000


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A thousand vectors [n, -n] in row groups of 300."""
    path = tmp_path / "vectors.parquet"
    lists = pa.array([[float(n), float(-n)] for n in range(ROWS)], pa.list_(pa.float32()))
    pq.write_table(pa.table({"n": range(ROWS), "Features": lists}), path, row_group_size=300)
    return str(path)


def read(arrays) -> list[float]:
    return [row[0] for array in arrays for row in matrix_of(array).tolist()]


def test_batches_hold_all_rows_of_the_row_groups_in_order(file):
    opened = VectorFile(file, "Features")
    assert opened.row_groups == 4
    assert read(opened.batches(range(4))) == list(range(ROWS))
    assert read(opened.batches([1, 3])) == [*range(300, 600), *range(900, ROWS)]


@pytest.mark.parametrize(
    "numbers",
    [
        range(ROWS), range(ROWS - 1, -1, -1), range(0, ROWS, 7), [999], [0, 0, 5, 5],
        [255, 256, 257, 299, 300, 301], [950, 3, 4, 600, 599], [],
    ],
    ids=["all", "backwards", "every seventh", "last", "twice", "edges", "to and fro", "none"],
)  # fmt: skip
def test_rows_are_found_by_their_numbers(file, numbers):
    opened = VectorFile(file, "Features")
    assert read(opened.rows(np.array(numbers, np.int64))) == list(numbers)


def test_rising_numbers_over_many_calls_decode_nothing_twice(file, monkeypatch):
    opened = VectorFile(file, "Features")
    seen = []
    real = VectorFile.batches

    def batches(self, groups):
        seen.append(list(groups))
        return real(self, groups)

    monkeypatch.setattr(VectorFile, "batches", batches)
    found = [x for n in range(0, ROWS, 10) for x in read(opened.rows(np.arange(n, n + 10)))]
    assert found == list(range(ROWS))
    assert seen == []
    list(opened.rows(np.array([3, 950])))
    assert seen == [[0, 1, 2, 3], [3]]  # back to the start, then over two row groups unread


@pytest.mark.parametrize("number", [-1, ROWS])
def test_a_row_that_is_not_there_is_refused(file, number):
    with pytest.raises(IndexError, match=rf"row {number} of .*vectors.parquet, which has 1000"):
        list(VectorFile(file, "Features").rows(np.array([0, number])))


def test_the_case_of_the_name_does_not_matter_unless_both_are_there(file):
    assert read(VectorFile(file, "features").rows(np.array([7]))) == [7]


def test_a_file_without_the_column_holds_nulls(file):
    opened = VectorFile(file, "other")
    assert [len(array) for array in opened.batches([0, 3])] == [300, 100]
    (lists,) = opened.rows(np.array([3, 4]))
    assert lists.null_count == 2


def test_batches_are_small(file):
    sizes = [len(array) for array in VectorFile(file, "Features").batches(range(4))]
    assert max(sizes) <= vector_files.BATCH_ROWS


def test_a_file_without_rows_has_none(tmp_path: Path):
    empty = tmp_path / "empty.parquet"
    pq.write_table(pa.table({"v": pa.array([], pa.list_(pa.float32()))}), empty)
    opened = VectorFile(str(empty), "v")
    assert read(opened.batches(range(opened.row_groups))) == []
    assert list(opened.rows(np.empty(0, np.int64))) == []
