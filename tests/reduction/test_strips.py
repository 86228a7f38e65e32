"""Strips: cut, merged one by one and joined, they are the moments that `merge` makes."""

import numpy as np
import pytest

from fruits.errors import InputError
from fruits.reduction import strips
from fruits.reduction.moments import Moments, gather, merge
from fruits.reduction.strips import cut, join, merge_strips


def drawn(rows: int, dim: int, seed: int = 0) -> Moments:
    rng = np.random.default_rng(seed)
    return gather([rng.normal(3, 2, (rows, dim))])


@pytest.mark.parametrize("dim", [1, 2, 7, 300, 1280])
def test_cut_and_joined_moments_are_the_same_to_the_bit(dim):
    moments = drawn(40, dim)
    again = join(list(cut(moments)))
    assert again.count == moments.count
    np.testing.assert_array_equal(again.mean, moments.mean)
    np.testing.assert_array_equal(again.scatter, moments.scatter)


def test_strips_stay_small_and_hold_half_of_the_scatter():
    pieces = list(cut(drawn(5, 1280)))
    assert len(pieces) > 10
    assert max(piece.scatter.nbytes for piece in pieces) <= strips.STRIP_BYTES
    assert sum(piece.scatter.size for piece in pieces) < 0.53 * 1280**2


def test_a_row_longer_than_a_strip_is_a_strip_of_its_own(monkeypatch):
    monkeypatch.setattr(strips, "STRIP_BYTES", 16)
    moments = drawn(9, 5)
    pieces = list(cut(moments))
    assert [piece.row for piece in pieces] == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(join(pieces).scatter, moments.scatter)


def test_strips_merge_to_the_bits_of_merged_moments():
    a, b = drawn(40, 300), drawn(25, 300, seed=1)
    merged = join([merge_strips(x, y) for x, y in zip(cut(a), cut(b), strict=True)])
    expected = merge(a, b)
    assert merged.count == 65
    np.testing.assert_array_equal(merged.mean, expected.mean)
    np.testing.assert_array_equal(merged.scatter, expected.scatter)


def test_strips_of_vectors_of_other_lengths_or_of_other_rows_do_not_merge():
    a, b = list(cut(drawn(4, 300))), list(cut(drawn(4, 200)))
    with pytest.raises(InputError, match="length 300 and of length 200"):
        merge_strips(a[0], b[0])
    with pytest.raises(ValueError, match="rows 0 and"):
        merge_strips(a[0], a[1])


@pytest.mark.parametrize("lost", [0, 1, -1])
def test_a_lost_strip_is_missed(lost):
    pieces = list(cut(drawn(4, 300)))
    del pieces[lost]
    with pytest.raises(InputError, match="of the scatter is missing"):
        join(pieces)
