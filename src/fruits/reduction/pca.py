"""Moments → principal components, and vectors → their coordinates on them; numpy alone."""

import io
import zipfile
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fruits.errors import ConfigError, InputError
from fruits.reduction.moments import Float64, Moments, Vectors

ARRAYS: Final = (
    "mean",
    "components",
    "explained_variance",
    "explained_variance_ratio",
    "all_ratios",
)
"""The float64 arrays of a fitted PCA, under the names they have in the .npz."""

BLOCK_ROWS: Final = 2048
"""Rows projected at a time, so that the float64 copy stays small whatever the batch."""


@dataclass(frozen=True, eq=False)
class FittedPca:
    """The k directions in which the vectors vary most, and how much of the variance each holds.

    `mean` float64[d]; `components` float64[k, d], orthonormal rows, the largest first;
    `explained_variance` and `explained_variance_ratio` float64[k]; `all_ratios` float64[rank],
    the ratios of every component the data have, kept or not; `moments` what it was fitted from.
    """

    mean: Float64
    components: Float64
    explained_variance: Float64
    explained_variance_ratio: Float64
    n_samples: int
    all_ratios: Float64
    moments: Moments


def fit(moments: Moments, *, components: int | float) -> FittedPca:
    """Fit a PCA (centred, not scaled) that keeps a count (int) or a share (float) of components.

    The exact PCA of scikit-learn (svd_solver="full"), by eigendecomposition of the covariance:
    variances over n - 1, each component's largest entry positive (`svd_flip` of scikit-learn
    >= 1.5), and as many components as make their cumulated ratio exceed the share. The share
    1.0 keeps every direction in which the data vary, up to the numerical rank.

    Raises ConfigError for a count below 1 or above that rank (directions beyond it would be
    rounding noise) and for a share outside (0, 1]; InputError where there is no variance to
    explain: fewer than two vectors, or vectors that are all equal.
    """
    _check_request(components)
    variances, directions = _spectrum(moments)
    ratios = variances / variances.sum()
    kept = _count_for(components, ratios, moments)
    return FittedPca(
        mean=moments.mean,
        components=_with_fixed_signs(directions[:kept]),
        explained_variance=variances[:kept].copy(),
        explained_variance_ratio=ratios[:kept].copy(),
        n_samples=moments.count,
        all_ratios=ratios,
        moments=moments,
    )


def project(pca: FittedPca, x: Vectors) -> NDArray[np.float32]:
    """Return the coordinates float32[n, k] of the vectors x [n, d], centred, in float64 inside.

    Raises InputError if the vectors are not of the length the PCA was fitted on, or hold NaN.
    """
    if x.ndim != 2 or (len(x) and x.shape[1] != pca.mean.size):
        raise InputError(
            f"vectors of shape {x.shape} do not fit a PCA fitted on length {pca.mean.size}: "
            "project features of the same model, or fit again"
        )
    projected = np.empty((len(x), len(pca.components)), dtype=np.float32)
    for start in range(0, len(x), BLOCK_ROWS):
        # The mean goes first: subtracted after the product, it would cost digits far from zero.
        block = slice(start, start + BLOCK_ROWS)
        projected[block] = (x[block].astype(np.float64) - pca.mean) @ pca.components.T
    bad = len(x) - int(np.isfinite(projected).all(axis=1).sum())
    if bad:
        raise InputError(f"{bad} of {len(x)} vectors hold NaN or infinity: remove these rows")
    return projected


def components_for(pca: FittedPca, share: float) -> int | None:
    """Return how many components explain more than `share` of the variance, kept or not.

    None where no number of them does (a share so near 1 that rounding hides the rest);
    ConfigError for a share outside (0, 1].
    """
    _check_request(float(share))
    return _reach(pca.all_ratios, float(share))


def save(pca: FittedPca) -> bytes:
    """Return the model as an .npz file that numpy alone reads, without pickle."""
    arrays: dict[str, Any] = {name: getattr(pca, name) for name in ARRAYS}
    arrays |= pca.moments.to_arrays()
    arrays["n_samples"] = np.asarray(pca.n_samples, dtype=np.int64)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def load(content: bytes) -> FittedPca:
    """Read what `save` wrote; InputError if it is something else or was cut short."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            pca = FittedPca(
                **{name: arrays[name] for name in ARRAYS},
                n_samples=int(arrays["n_samples"]),
                moments=Moments.from_arrays(arrays),
            )
    except (ValueError, KeyError, EOFError, OSError, TypeError, zipfile.BadZipFile) as exc:
        size = len(content)
        raise InputError(f"these {size} bytes are no fitted PCA ({exc}): fit it again") from exc
    _check_shapes(pca)
    return pca


def _check_shapes(pca: FittedPca) -> None:
    kept = len(pca.explained_variance)
    wanted = {"components": (kept, pca.mean.size), "explained_variance_ratio": (kept,)}
    for name, shape in wanted.items():
        if getattr(pca, name).shape != shape:
            got = getattr(pca, name).shape
            raise InputError(f"{name} of the fitted PCA is {got}, not {shape}: fit it again")


def _check_request(components: int | float) -> None:
    """Refuse what is no count and no share, before any work: `True` and NaN included."""
    if isinstance(components, bool) or not isinstance(components, int | float):
        raise ConfigError(f"components = {components!r} is neither a count nor a share")
    if isinstance(components, int) and components < 1:
        raise ConfigError(f"components = {components}: keep at least 1, or a share such as 0.95")
    if isinstance(components, float) and not 0 < components <= 1:
        raise ConfigError(
            f"components = {components}: a share of variance lies above 0 and up to 1.0 "
            "(a count is written without a dot)"
        )


def _spectrum(moments: Moments) -> tuple[Float64, Float64]:
    """Return variances float64[rank], descending, and their directions float64[rank, d]."""
    count = moments.count
    if count < 2:
        raise InputError(f"a PCA needs at least 2 vectors, not {count}: add images")
    if np.trace(moments.scatter) == 0:  # exactly: see how `gather` shifts
        raise InputError(
            f"all {count} vectors are equal: there is no variance to explain, so no number of "
            "components reaches any share; add images that differ"
        )
    try:
        values, vectors = np.linalg.eigh(moments.scatter / (count - 1))
    except np.linalg.LinAlgError as exc:
        raise InputError(f"the PCA of {count} vectors does not converge: check them") from exc
    rank = _rank(values, count)
    return values[::-1][:rank], vectors.T[::-1][:rank]


def _rank(ascending: Float64, count: int) -> int:
    """Count the eigenvalues above rounding (`numpy.linalg.matrix_rank`'s rule), n - 1 at most."""
    tolerance = ascending[-1] * len(ascending) * np.finfo(np.float64).eps
    return min(int((ascending > tolerance).sum()), count - 1)


def _with_fixed_signs(directions: Float64) -> Float64:
    """Turn each row so that its largest entry, the first on ties, is positive."""
    largest = np.abs(directions).argmax(axis=1, keepdims=True)
    return np.ascontiguousarray(directions * np.sign(np.take_along_axis(directions, largest, 1)))


def _count_for(components: int | float, ratios: Float64, moments: Moments) -> int:
    rank = len(ratios)
    if isinstance(components, float):
        reached = _reach(ratios, components)
        if reached is None:
            raise InputError(
                f"no number of components explains more than {components} of the variance: "
                f"ask for 1.0 to keep all {rank}"
            )
        return reached
    if components > rank:
        raise ConfigError(
            f"components = {components}, but {moments.count} vectors of length {moments.dim} "
            f"vary in {rank} directions only: ask for at most {rank}, or for a share such as 0.95"
        )
    return components


def _reach(ratios: Float64, share: float) -> int | None:
    """Apply scikit-learn's rule; unlike `argmax`, never answer 1 for a share out of reach."""
    if share == 1.0:
        return len(ratios)
    count = int(np.searchsorted(np.cumsum(ratios), share, side="right")) + 1
    return count if count <= len(ratios) else None
