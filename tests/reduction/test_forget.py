"""Forgetting is merging backwards: what is left equals a fit that never saw the rest."""

import numpy as np
import pytest

from fruits.errors import InputError
from fruits.reduction.moments import Moments, forget, gather, merge
from fruits.reduction.pca import fit


def vectors(rows, *, offset=0.0, seed=0):
    generator = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(generator.standard_normal((16, 16)))
    drawn = (generator.standard_normal((rows, 16)) * np.geomspace(5, 0.5, 16)) @ basis
    return (drawn + offset).astype(np.float32)


@pytest.mark.parametrize("offset", [0.0, 1e3])
@pytest.mark.parametrize("kept", [40, 500, 990])
def test_forgetting_equals_a_fit_without_those_vectors(offset, kept):
    x = vectors(1000, offset=offset)
    left = forget(gather([x]), gather([x[kept:]]))
    expected = gather([x[:kept]])
    assert left.count == expected.count
    np.testing.assert_allclose(left.mean, expected.mean, rtol=1e-10, atol=1e-10)
    size = np.abs(gather([x]).scatter).max()
    np.testing.assert_allclose(left.scatter, expected.scatter, atol=1e-10 * size)
    ours, theirs = fit(left, components=16), fit(expected, components=16)
    np.testing.assert_allclose(ours.explained_variance, theirs.explained_variance, rtol=1e-8)


def test_forgetting_what_was_just_merged_gives_back_what_was_there():
    a, b = gather([vectors(300)]), gather([vectors(200, offset=9, seed=1)])
    back = forget(merge(a, b), b)
    np.testing.assert_allclose(back.scatter, a.scatter, rtol=1e-9, atol=1e-9)


def test_what_is_left_stays_exactly_symmetric():
    x = vectors(100)
    left = forget(gather([x]), gather([x[:30]])).scatter
    np.testing.assert_array_equal(left, left.T)


def test_forgetting_nothing_or_everything():
    whole = gather([vectors(50)])
    assert forget(whole, Moments.empty(16)) is whole
    assert forget(whole, whole).count == 0


def test_vectors_that_were_never_fitted_cannot_be_forgotten():
    with pytest.raises(InputError, match="never a part of the 100 fitted"):
        forget(gather([vectors(100)]), gather([vectors(60, offset=40, seed=3)]))


@pytest.mark.parametrize(
    ("rows", "width"), [(51, 16), (10, 15)], ids=["more vectors", "other length"]
)
def test_a_part_that_cannot_be_one_is_refused(rows, width):
    part = gather([vectors(rows, seed=2)[:, :width]])
    with pytest.raises(InputError, match="they were never a part of it"):
        forget(gather([vectors(50)]), part)
