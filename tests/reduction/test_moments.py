"""Moments: equal to a two-pass computation in float64, however the rows are cut."""

import io
import weakref
from fractions import Fraction

import numpy as np
import pytest

from fruits.errors import InputError
from fruits.reduction.blocks import BLOCK_ROWS, regroup
from fruits.reduction.moments import Moments, gather, merge, merge_all


def vectors(rows=3 * BLOCK_ROWS + 77, dim=7, *, offset=0.0, seed=0):
    mixed = np.random.default_rng(seed).standard_normal((rows, dim)) @ np.diag(range(1, dim + 1))
    return (mixed + offset).astype(np.float32)


def batches(x, size):
    return (x[start : start + size] for start in range(0, len(x), size))


def two_pass(x):
    """Serve as the reference: the textbook computation, on a float64 copy."""
    exact = x.astype(np.float64)
    mean = exact.mean(axis=0)
    return Moments(len(x), mean, (exact - mean).T @ (exact - mean))


def assert_close(got, expected, *, rtol=1e-12):
    assert got.count == expected.count
    np.testing.assert_allclose(got.mean, expected.mean, rtol=rtol, atol=rtol)
    atol = rtol * np.abs(expected.scatter).max()
    np.testing.assert_allclose(got.scatter, expected.scatter, rtol=0, atol=atol)


def assert_same_bits(a, b):
    assert a.count == b.count
    assert a.mean.tobytes() == b.mean.tobytes()
    assert a.scatter.tobytes() == b.scatter.tobytes()


def test_gathered_moments_equal_a_two_pass_computation():
    x = vectors()
    assert_close(gather(batches(x, 500)), two_pass(x))


def test_moments_of_small_integers_are_exact():
    x = np.array([[1, 2], [3, 6], [5, 1]], dtype=np.float32)
    got = gather([x])
    mean = [Fraction(9, 3), Fraction(9, 3)]
    scatter = [
        [sum((Fraction(int(r[i])) - mean[i]) * (Fraction(int(r[j])) - mean[j]) for r in x)
         for j in range(2)]
        for i in range(2)
    ]  # fmt: skip
    assert got.mean.tolist() == mean
    assert got.scatter.tolist() == scatter


@pytest.mark.parametrize("size", [1, 13, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 10**6])
def test_the_cut_into_batches_changes_no_bit(size):
    x = vectors()
    assert_same_bits(gather(batches(x, size)), gather([x]))


def test_the_same_split_gives_the_same_bits():
    parts = [gather([part]) for part in np.array_split(vectors(), 9)]
    again = [gather([part]) for part in np.array_split(vectors(), 9)]
    assert_same_bits(merge_all(parts), merge_all(again))


def test_any_order_of_merging_gives_the_same_moments():
    x = vectors(offset=50.0)
    parts = [gather([part]) for part in np.array_split(x, 11)]
    shuffled = [parts[i] for i in np.random.default_rng(1).permutation(11)]
    tree = parts
    while len(tree) > 1:
        tree = [merge_all(tree[i : i + 2]) for i in range(0, len(tree), 2)]
    for got in (merge_all(parts), merge_all(parts[::-1]), merge_all(shuffled), tree[0]):
        assert_close(got, two_pass(x))


def test_parts_of_very_different_sizes_merge_well():
    x = vectors(offset=10.0)
    parts = [gather([x[:1]]), gather([x[1:3]]), gather([x[3:]])]
    assert_close(merge_all(parts), two_pass(x))


@pytest.mark.parametrize("offset", [100.0, 1000.0])
def test_far_from_zero_nothing_is_lost_where_a_naive_float32_gram_loses_digits(offset):
    x = vectors(offset=offset)
    exact = two_pass(x)
    assert_close(gather(batches(x, 256)), exact, rtol=1e-11)
    mean = x.mean(axis=0)
    naive = x.T @ x - len(x) * np.outer(mean, mean)
    assert abs(naive[0, 0] / exact.scatter[0, 0] - 1) > 0.01


def test_first_rows_far_from_all_others_do_no_harm():
    x = vectors().astype(np.float64)
    x[:40] += 1e7
    assert_close(gather(batches(x, 256)), two_pass(x))


def test_the_scatter_is_exactly_symmetric():
    got = merge(gather([vectors(dim=33)]), gather([vectors(dim=33, seed=5, offset=3.0)]))
    assert (got.scatter == got.scatter.T).all()


def test_a_constant_column_has_exactly_no_scatter():
    x = vectors().astype(np.float64)
    x[:, 2] = 0.1
    got = gather(batches(x, 100))
    assert got.mean[2] == 0.1
    assert not got.scatter[2].any()
    assert not got.scatter[:, 2].any()


def test_the_empty_moments_change_nothing_in_a_merge():
    some, none = gather([vectors(20)]), Moments.empty(7)
    assert_same_bits(merge(some, none), some)
    assert_same_bits(merge(none, some), some)
    assert merge(none, none).count == 0


def test_batches_without_rows_are_no_rows():
    x = vectors(20)
    unknown_width = np.zeros((0, 0), dtype=np.float32)
    assert gather([x[:0]]).count == 0
    assert_same_bits(gather([unknown_width, x[:0], x[:5], x[:0], x[5:]]), gather([x]))


def test_the_callers_vectors_are_left_as_they_were():
    x = vectors(50).astype(np.float64)
    before = x.copy()
    gather([x])
    assert (x == before).all()


def test_memory_stays_flat_because_only_one_block_is_held():
    seen = []
    first = None
    for block in regroup(batches(vectors(), 5000)):
        first = block if first is None else first
        assert np.shares_memory(first, block)
        seen.append(len(block) - 1)
    assert set(seen) == {BLOCK_ROWS, len(vectors()) % BLOCK_ROWS}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
def test_rows_that_are_no_numbers_are_counted_over_the_whole_stream(bad):
    x = vectors().astype(np.float64)
    x[[5, 6, BLOCK_ROWS + 3], 2] = bad
    with pytest.raises(InputError, match=f"3 of {len(x)} vectors hold NaN"):
        gather(batches(x, 100))


def test_vectors_of_two_models_are_not_mixed():
    with pytest.raises(InputError, match="7 and 8"):
        gather([vectors(3, 7), vectors(3, 8)])
    with pytest.raises(InputError, match="7 and of length 8"):
        merge(Moments.empty(7), Moments.empty(8))


@pytest.mark.parametrize(
    "batch", [np.zeros(3), np.zeros((2, 3), dtype=object), np.zeros((1, 2, 3))]
)
def test_a_batch_that_is_no_table_of_numbers_is_refused_with_its_shape(batch):
    with pytest.raises(InputError, match="shape"):
        gather([batch])


def test_nothing_to_read_says_so():
    with pytest.raises(InputError, match="no batch"):
        gather([])
    with pytest.raises(InputError, match="no moments"):
        merge_all([])


def test_stored_moments_come_back_to_the_bit():
    stored = io.BytesIO()
    original = gather([vectors()])
    np.savez(stored, **original.to_arrays())
    stored.seek(0)
    with np.load(stored, allow_pickle=False) as arrays:
        assert_same_bits(Moments.from_arrays(arrays), original)


def test_arrays_that_are_no_moments_are_refused():
    good = gather([vectors(20)]).to_arrays()
    with pytest.raises(InputError, match="moments_mean"):
        Moments.from_arrays({k: v for k, v in good.items() if k != "moments_mean"})
    with pytest.raises(InputError, match="do not fit together"):
        Moments.from_arrays({**good, "moments_mean": np.zeros(3)})


def test_however_many_are_merged_few_are_held_at_a_time():
    draw = np.random.default_rng(3)
    blocks = [draw.normal(size=(20, 6)) for _ in range(30)]
    made: list[weakref.ref[Moments]] = []
    most = 0

    def one_by_one():
        nonlocal most
        for block in blocks:
            moments = gather([block])
            made.append(weakref.ref(moments))
            yield moments
            del moments
            most = max(most, sum(ref() is not None for ref in made))

    merged = merge_all(one_by_one())
    assert most <= 2
    assert_same_bits(merged, merge_all([gather([block]) for block in blocks]))
