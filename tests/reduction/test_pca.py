"""The PCA: scikit-learn's, to 1e-8, from moments alone; and honest about what it cannot do."""

import io
import zipfile

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.utils.extmath import svd_flip

from fruits.errors import ConfigError, InputError
from fruits.reduction.moments import gather, merge_all
from fruits.reduction.npz import load, save
from fruits.reduction.pca import FittedPca, components_for, fit
from fruits.reduction.scores import project


def decaying(rows=600, dim=40, *, offset=0.0, seed=0):
    """Draw float32 vectors whose variances are well apart, in a random basis, like features."""
    generator = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(generator.standard_normal((dim, dim)))
    scales = np.geomspace(10, 0.3, dim)
    return ((generator.standard_normal((rows, dim)) * scales) @ basis + offset).astype(np.float32)


def low_rank(rows=300, dim=30, rank=5):
    generator = np.random.default_rng(2)
    few = generator.standard_normal((rows, rank)) * np.arange(rank, 0, -1)
    return few @ generator.standard_normal((rank, dim))


def fewer_rows_than_columns():
    return decaying(20, 64, seed=3)


CASES = {
    "random": (decaying(), 40),
    "offset 1e3 in float32": (decaying(offset=1e3), 40),
    "low rank": (low_rank(), 5),
    "n < d": (fewer_rows_than_columns(), 19),
    "one column": (decaying(50, 1), 1),
    "two rows": (decaying(2, 8), 1),
}


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request):
    return request.param


def reference(x, components):
    """Serve as the reference: scikit-learn, full SVD, on a float64 copy."""
    return PCA(n_components=components, svd_solver="full").fit(x.astype(np.float64))


def fitted(x, components=0.95):
    return fit(gather([x]), components=components)


def test_every_component_equals_scikit_learns(case):
    x, rank = case
    ours, theirs = fitted(x, rank), reference(x, rank)
    np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(ours.components, theirs.components_, rtol=0, atol=1e-8)
    np.testing.assert_allclose(ours.explained_variance, theirs.explained_variance_, rtol=1e-8)
    expected = theirs.explained_variance_ratio_
    np.testing.assert_allclose(ours.explained_variance_ratio, expected, rtol=0, atol=1e-8)
    assert ours.n_samples == theirs.n_samples_


def test_projections_equal_scikit_learns_to_float32(case):
    x, rank = case
    ours, theirs = fitted(x, rank), reference(x, rank)
    expected = theirs.transform(x.astype(np.float64))
    projected = project(ours, x)
    assert projected.dtype == np.float32
    # One float32 rounding of the score itself, and 1e-8 per unit of score for the components.
    tolerance = 6.1e-8 * np.abs(expected) + 1e-8 * np.abs(expected).max()
    assert (np.abs(projected - expected) <= tolerance).all()


@pytest.mark.parametrize("share", [0.05, 0.5, 0.8, 0.9, 0.95, 0.999])
def test_a_share_keeps_as_many_components_as_scikit_learn(case, share):
    x, _ = case
    expected = reference(x, share).n_components_
    ours = fitted(x, share)
    assert len(ours.components) == expected
    assert components_for(fitted(x, 1), share) == expected


def test_a_share_met_exactly_takes_one_component_more_as_scikit_learn_does():
    # Two directions with equal scatter: each explains exactly one half.
    x = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    assert len(fitted(x, 0.5).components) == reference(x, 0.5).n_components_ == 2


def test_a_share_of_one_keeps_every_direction_in_which_the_data_vary(case):
    x, rank = case
    ours = fitted(x, 1.0)
    assert len(ours.components) == rank == len(ours.all_ratios)
    assert components_for(ours, 1.0) == rank


def test_merged_parts_give_the_components_of_the_whole():
    x = decaying(2000)
    whole = fitted(x, 40)
    parts = [gather([part]) for part in np.array_split(x, 13)]
    for order in (parts, parts[::-1]):
        merged = fit(merge_all(order), components=40)
        np.testing.assert_allclose(merged.components, whole.components, rtol=0, atol=1e-12)
        np.testing.assert_allclose(merged.explained_variance, whole.explained_variance, rtol=1e-12)


def test_the_same_moments_give_the_same_bits():
    moments = gather([decaying()])
    assert save(fit(moments, components=0.9)) == save(fit(moments, components=0.9))


@pytest.mark.parametrize("offset", [0.0, 100.0, -1000.0])
def test_an_offset_moves_the_mean_and_nothing_else(offset):
    # Multiples of 2^-10 below 2^6 stay exact in float32 when an offset of up to 1000 is added.
    x = np.round(decaying() * 1024) / 1024
    moved = (x.astype(np.float64) + offset).astype(np.float32)
    assert (moved.astype(np.float64) - offset == x).all()
    here, there = fitted(x, 40), fitted(moved, 40)
    np.testing.assert_allclose(there.components, here.components, rtol=0, atol=1e-11)
    np.testing.assert_allclose(there.explained_variance, here.explained_variance, rtol=1e-11)
    np.testing.assert_allclose(project(there, moved), project(here, x), rtol=1e-6, atol=1e-6)


def test_the_largest_entry_of_each_component_is_positive(case):
    x, rank = case
    components = fitted(x, rank).components
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], 1)
    assert (largest > 0).all()
    flipped, _ = svd_flip(components.T.copy(), components.copy(), u_based_decision=True)
    assert np.array_equal(flipped.T, components)


def test_on_a_tie_the_first_entry_is_positive():
    # The only direction of these rows is (1, -1): both entries are equally large.
    components = fitted(np.array([[-3.0, 3.0], [3.0, -3.0]]), 1).components
    np.testing.assert_allclose(components, [[0.5**0.5, -(0.5**0.5)]])


def test_components_are_orthonormal(case):
    x, rank = case
    components = fitted(x, rank).components
    np.testing.assert_allclose(components @ components.T, np.eye(rank), rtol=0, atol=1e-12)


def test_projected_columns_are_centred_and_uncorrelated_with_the_explained_variances():
    x = decaying(offset=100.0)
    ours = fitted(x, 10)
    scores = project(ours, x).astype(np.float64)
    np.testing.assert_allclose(scores.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(
        np.cov(scores.T), np.diag(ours.explained_variance), rtol=1e-5, atol=1e-4
    )


def test_all_components_together_give_the_vectors_back():
    x = decaying(offset=100.0)
    ours = fitted(x, 1.0)
    back = project(ours, x).astype(np.float64) @ ours.components + ours.mean
    np.testing.assert_allclose(back, x, rtol=0, atol=1e-4)


def test_variances_are_positive_descending_and_their_ratios_sum_to_one_at_most(case):
    x, rank = case
    ours = fitted(x, rank)
    assert (ours.explained_variance > 0).all()
    assert (np.diff(ours.explained_variance) <= 0).all()
    assert ours.explained_variance_ratio.sum() <= 1 + 1e-12
    np.testing.assert_allclose(ours.all_ratios.sum(), 1, rtol=1e-12)
    np.testing.assert_allclose(
        ours.explained_variance.sum(), x.astype(np.float64).var(axis=0, ddof=1).sum(), rtol=1e-10
    )


def test_near_ties_span_the_same_plane_as_scikit_learns():
    generator = np.random.default_rng(4)
    scores, _ = np.linalg.qr(generator.standard_normal((500, 3)))
    scores = scores - scores.mean(axis=0)
    basis, _ = np.linalg.qr(generator.standard_normal((6, 6)))
    x = (scores * [5, 5 + 1e-13, 1]) @ basis[:3]
    ours, theirs = fitted(x, 2).components, reference(x, 2).components_
    np.testing.assert_allclose(ours.T @ ours, theirs.T @ theirs, rtol=0, atol=1e-6)


def test_constant_columns_get_no_weight_and_change_nothing():
    x = decaying()
    padded = np.insert(x, [0, 7, 40], [5.0, 0.0, -2.5], axis=1)
    plain, with_constants = fitted(x, 40), fitted(padded, 40)
    assert len(fitted(padded, 1.0).components) == 40
    np.testing.assert_allclose(with_constants.components[:, [0, 8, 42]], 0, atol=1e-12)
    np.testing.assert_allclose(
        with_constants.explained_variance, plain.explained_variance, rtol=1e-10
    )


def test_duplicated_rows_change_no_component():
    x = decaying()
    once, twice = fitted(x, 40), fitted(np.repeat(x, 2, axis=0), 40)
    np.testing.assert_allclose(twice.components, once.components, rtol=0, atol=1e-10)
    np.testing.assert_allclose(twice.all_ratios, once.all_ratios, rtol=1e-10)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6, -3.3e-5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("components", [1, 0.95, 1.0])
def test_equal_vectors_have_no_variance_to_explain(value, dtype, components):
    x = np.full((2500, 6), value, dtype=dtype)
    parts = [gather([x[:700]]), gather([x[700:]])]
    with pytest.raises(InputError, match="all 2500 vectors are equal"):
        fit(merge_all(parts), components=components)


@pytest.mark.parametrize("rows", [0, 1])
def test_fewer_than_two_vectors_are_refused(rows):
    with pytest.raises(InputError, match=f"at least 2 vectors, not {rows}"):
        fitted(decaying(5)[:rows], 0.95)


@pytest.mark.parametrize("components", [41, 20_000])
def test_more_components_than_columns_are_refused_with_the_bound(components):
    with pytest.raises(ConfigError, match=rf"{components}, but 600 .* 40 directions only.*0\.95"):
        fitted(decaying(), components)


def test_components_beyond_the_rank_are_refused_since_they_would_be_noise():
    with pytest.raises(ConfigError, match="20 vectors of length 64 vary in 19 directions"):
        fitted(fewer_rows_than_columns(), 20)
    with pytest.raises(ConfigError, match="in 5 directions only: ask for at most 5"):
        fitted(low_rank(), 6)


@pytest.mark.parametrize("components", [0, -1, 0.0, -0.5, 1.5, float("nan"), True, "0.95", None])
def test_what_is_no_count_and_no_share_is_refused_with_its_value(components):
    with pytest.raises(ConfigError, match=str(components)):
        fitted(decaying(), components)


def test_a_share_that_rounding_puts_out_of_reach_is_never_answered_with_one():
    moments = gather([decaying()])
    pca = fit(moments, components=1)
    almost = np.nextafter(1.0, 0.0)
    short = FittedPca(**{**vars(pca), "all_ratios": np.array([0.5, 0.25, 0.2])})
    assert components_for(short, 0.96) is None
    assert components_for(short, 0.7) == 2
    assert components_for(pca, float(almost)) in (None, 40)


def test_components_for_a_share_outside_its_range_is_refused():
    with pytest.raises(ConfigError, match=r"1\.2"):
        components_for(fitted(decaying()), 1.2)


@pytest.mark.parametrize("size", [1, 7, 5000])
def test_projecting_in_batches_gives_the_same_matrix(size):
    x = decaying(3000)
    ours = fitted(x, 12)
    parts = [project(ours, x[start : start + size]) for start in range(0, len(x), size)]
    np.testing.assert_allclose(np.concatenate(parts), project(ours, x), rtol=1e-6, atol=1e-6)


def test_projecting_no_vectors_gives_no_rows():
    ours = fitted(decaying(), 12)
    assert project(ours, decaying()[:0]).shape == (0, 12)


def test_vectors_of_another_length_are_not_projected():
    with pytest.raises(InputError, match=r"\(600, 39\).* length 40"):
        project(fitted(decaying()), decaying()[:, :39])


def test_a_vector_that_is_no_number_is_not_projected():
    x = decaying()
    ours = fitted(x)
    x[3, 3] = np.nan
    with pytest.raises(InputError, match="1 of 600 vectors"):
        project(ours, x)


def test_a_saved_model_comes_back_to_the_bit():
    original = fitted(decaying(offset=3.0), 0.9)
    restored = load(save(original))
    for name in ("mean", "components", "explained_variance", "explained_variance_ratio"):
        assert getattr(restored, name).tobytes() == getattr(original, name).tobytes()
    assert restored.all_ratios.tobytes() == original.all_ratios.tobytes()
    assert restored.n_samples == original.n_samples
    assert restored.moments.scatter.tobytes() == original.moments.scatter.tobytes()
    assert save(restored) == save(original)


def test_the_saved_file_holds_the_contracts_names_for_numpy_alone():
    with np.load(io.BytesIO(save(fitted(decaying(), 3))), allow_pickle=False) as arrays:
        shapes = {name: (arrays[name].dtype.str, arrays[name].shape) for name in arrays.files}
    assert shapes == {
        "mean": ("<f8", (40,)),
        "components": ("<f8", (3, 40)),
        "explained_variance": ("<f8", (3,)),
        "explained_variance_ratio": ("<f8", (3,)),
        "all_ratios": ("<f8", (40,)),
        "offset": ("<f8", (40,)),
        "divisors": ("<f8", (40,)),
        "whiten": ("|b1", ()),
        "n_samples": ("<i8", ()),
        "moments_count": ("<i8", ()),
        "moments_mean": ("<f8", (40,)),
        "moments_scatter": ("<f8", (40, 40)),
    }


def without(content, name):
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(kept, "w") as new:
        for entry in old.namelist():
            if entry != f"{name}.npy":
                new.writestr(entry, old.read(entry))
    return kept.getvalue()


def pickled():
    buffer = io.BytesIO()
    np.savez(buffer, mean=np.array([{"a": 1}], dtype=object))
    return buffer.getvalue()


def single_array():
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no npz",
        save(fitted(decaying(), 3))[:5000],
        without(save(fitted(decaying(), 3)), "components"),
        without(save(fitted(decaying(), 3)), "moments_scatter"),
        pickled(),
        single_array(),
    ],
    ids=["empty", "text", "cut", "no components", "no moments", "pickle", "one array"],
)
def test_what_is_no_fitted_pca_is_refused(content):
    with pytest.raises(InputError, match=r"fit it again|fit the PCA again"):
        load(content)


def test_arrays_that_do_not_belong_together_are_refused():
    good = fitted(decaying(), 3)
    wrong = FittedPca(**{**vars(good), "components": good.components[:, :10]})
    with pytest.raises(InputError, match=r"components of the fitted PCA is \(3, 10\)"):
        load(save(wrong))
