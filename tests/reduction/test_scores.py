"""Coordinates and back: scikit-learn's transform and inverse, scaled and whitened too."""

import numpy as np
import pytest
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.preprocessing import StandardScaler

from fruits.errors import InputError
from fruits.reduction.moments import gather
from fruits.reduction.npz import load, save
from fruits.reduction.pca import fit
from fruits.reduction.scores import project, reconstruction_error, restore


def vectors(rows=400, dim=24, *, offset=50.0, seed=0):
    generator = np.random.default_rng(seed)
    mixed = generator.standard_normal((rows, dim)) @ generator.standard_normal((dim, dim))
    return mixed * np.linspace(1, 3, dim) + offset


def double(function, pca, x):
    return function(pca, x, dtype=np.float64)


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("kept", [3, 24])
def test_transform_and_inverse_are_scikit_learns(whiten, kept):
    x = vectors()
    ours = fit(gather([x]), components=kept, whiten=whiten)
    theirs = PCA(n_components=kept, whiten=whiten, svd_solver="full").fit(x)
    scores = double(project, ours, x)
    np.testing.assert_allclose(scores, theirs.transform(x), atol=1e-8)
    np.testing.assert_allclose(
        double(restore, ours, scores), theirs.inverse_transform(scores), atol=1e-8
    )


def test_whitened_coordinates_have_variance_one_and_do_not_covary():
    x = vectors()
    scores = double(project, fit(gather([x]), components=10, whiten=True), x)
    np.testing.assert_allclose(np.cov(scores.T), np.eye(10), atol=1e-9)


def test_whitening_stops_at_the_rank():
    generator = np.random.default_rng(1)
    x = generator.standard_normal((200, 4)) @ generator.standard_normal((4, 12))
    ours = fit(gather([x]), components=1.0, whiten=True)
    assert len(ours.components) == 4
    assert np.abs(double(project, ours, x)).max() < 10


def test_scaling_is_that_of_a_standard_scaler_before_the_pca():
    x = vectors() * np.geomspace(1, 1000, 24)
    ours = fit(gather([x]), components=5, scale=True)
    divided = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    theirs = PCA(n_components=5, svd_solver="full").fit(divided)
    np.testing.assert_allclose(ours.components, theirs.components_, atol=1e-8)
    np.testing.assert_allclose(ours.explained_variance, theirs.explained_variance_, rtol=1e-10)
    np.testing.assert_allclose(
        ours.explained_variance_ratio,
        PCA(n_components=5).fit(StandardScaler().fit_transform(x)).explained_variance_ratio_,
        rtol=1e-8,
    )
    scores = double(project, ours, x)
    np.testing.assert_allclose(scores, theirs.transform(divided), atol=1e-8)
    everything = fit(gather([x]), components=24, scale=True)
    back = double(restore, everything, double(project, everything, x))
    np.testing.assert_allclose(back, x, rtol=1e-9)


def test_a_constant_column_is_neither_divided_by_zero_nor_kept():
    x = vectors()
    x[:, 7] = 5
    ours = fit(gather([x]), components=1.0, scale=True, whiten=True)
    assert len(ours.components) == 23
    np.testing.assert_allclose(ours.components[:, 7], 0, atol=1e-12)
    scores = double(project, ours, x)
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(double(restore, ours, scores)[:, 7], 5, atol=1e-9)


def test_without_centring_it_is_a_truncated_svd():
    x = vectors(offset=2.0)
    ours = fit(gather([x]), components=6, center=False)
    theirs = TruncatedSVD(6, algorithm="arpack").fit(x)
    np.testing.assert_allclose(np.abs(ours.components), np.abs(theirs.components_), atol=1e-8)
    np.testing.assert_allclose(ours.singular_values, theirs.singular_values_, rtol=1e-9)
    np.testing.assert_allclose(double(project, ours, x), x @ ours.components.T, atol=1e-9)


def test_singular_values_and_noise_variance_are_scikit_learns():
    for x in (vectors(), vectors(rows=15)):
        ours = fit(gather([x]), components=4)
        theirs = PCA(n_components=4, svd_solver="full").fit(x)
        np.testing.assert_allclose(ours.singular_values, theirs.singular_values_, rtol=1e-9)
        assert ours.noise_variance == pytest.approx(theirs.noise_variance_, rel=1e-8)
    assert fit(gather([vectors()]), components=24).noise_variance == 0


def test_the_reconstruction_error_is_the_distance_to_what_is_restored():
    x = vectors()
    ours = fit(gather([x]), components=4)
    theirs = PCA(n_components=4, svd_solver="full").fit(x)
    expected = ((x - theirs.inverse_transform(theirs.transform(x))) ** 2).sum(axis=1)
    np.testing.assert_allclose(reconstruction_error(ours, x), expected, rtol=1e-8)
    left_out = fit(gather([x]), components=24).explained_variance[4:].sum()
    assert reconstruction_error(ours, x).sum() / (len(x) - 1) == pytest.approx(left_out)


def test_coordinates_of_another_number_are_not_restored():
    ours = fit(gather([vectors()]), components=4)
    with pytest.raises(InputError, match=r"shape \(2, 5\) do not fit a PCA of 4 components"):
        restore(ours, np.zeros((2, 5)))


def test_scaling_and_whitening_survive_being_saved():
    x = vectors()
    original = fit(gather([x]), components=4, scale=True, whiten=True)
    restored = load(save(original))
    assert double(project, restored, x).tobytes() == double(project, original, x).tobytes()
