"""Moments → principal components, as many as were asked for; numpy alone."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fruits.errors import ConfigError, InputError
from fruits.reduction.blocks import Float64
from fruits.reduction.moments import Moments


@dataclass(frozen=True, eq=False)
class FittedPca:
    """The k directions in which the vectors vary most, and how much of the variance each holds.

    `mean` float64[d]; `components` float64[k, d], orthonormal rows, the largest first;
    `explained_variance` and `explained_variance_ratio` float64[k]; `all_ratios` float64[rank],
    the ratios of every component the data have, kept or not; `moments` what it was fitted from.
    `offset` and `divisors` float64[d] are what vectors are shifted and divided by before they are
    projected (zeros and ones where that was not wanted); `whiten` tells whether each coordinate
    is then divided by its standard deviation.
    """

    mean: Float64
    components: Float64
    explained_variance: Float64
    explained_variance_ratio: Float64
    n_samples: int
    all_ratios: Float64
    moments: Moments
    offset: Float64
    divisors: Float64
    whiten: bool = False

    @cached_property
    def directions(self) -> Float64:
        """What shifted vectors are multiplied by, float64[d, k]; it divides and whitens too."""
        directions: Float64 = ((self.components / self.divisors) / self.spread[:, None]).T
        return directions

    @property
    def spread(self) -> Float64:
        """The divisor float64[k] of each coordinate: its deviation when whitened, else 1.

        No component beyond the numerical rank is ever kept, so none of these is zero.
        """
        kept = len(self.components)
        spread: Float64 = np.sqrt(self.explained_variance) if self.whiten else np.ones(kept)
        return spread

    @property
    def singular_values(self) -> Float64:
        """The singular values of the (shifted, divided) vectors, float64[k]."""
        degrees = self.n_samples - 1
        values: Float64 = np.sqrt(self.explained_variance * degrees)
        return values

    @property
    def noise_variance(self) -> float:
        """The mean variance of the directions left out, as in probabilistic PCA.

        Tipping and Bishop, "Probabilistic principal component analysis" (1999), with
        scikit-learn's count of directions: min(n_samples, d). 0.0 where none is left out.
        """
        kept = len(self.explained_variance)
        left = min(self.n_samples, self.mean.size) - kept
        total = self.explained_variance[0] / self.explained_variance_ratio[0]
        return float(self.all_ratios[kept:].sum() * total / left) if left > 0 else 0.0


def fit(
    moments: Moments,
    *,
    components: int | float,
    center: bool = True,
    scale: bool = False,
    whiten: bool = False,
) -> FittedPca:
    """Fit a PCA that keeps a count (int) or a share (float) of components.

    The exact PCA of scikit-learn (svd_solver="full"), by eigendecomposition of the covariance:
    variances over n - 1, each component's largest entry positive (`svd_flip` of scikit-learn
    >= 1.5), and as many components as make their cumulated ratio exceed the share. The share
    1.0 keeps every direction in which the data vary, up to the numerical rank.

    `scale` divides each column by its standard deviation (over n - 1, as Spark's StandardScaler;
    a constant column stays as it is); without `center`, directions are those of the second moments
    about zero, as in a truncated SVD, with variances over n - 1 all the same.

    Raises ConfigError for a count below 1 or above that rank (directions beyond it would be
    rounding noise) and for a share outside (0, 1]; InputError where there is no variance to
    explain: fewer than two vectors, or vectors that are all equal.
    """
    _check_request(components)
    divisors = _deviations(moments) if scale else np.ones(moments.dim)
    variances, directions = _spectrum(moments, center=center, divisors=divisors)
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
        offset=moments.mean if center else np.zeros(moments.dim),
        divisors=divisors,
        whiten=whiten,
    )


def components_for(pca: FittedPca, share: float) -> int | None:
    """Return how many components explain more than `share` of the variance, kept or not.

    None where no number of them does (a share so near 1 that rounding hides the rest);
    ConfigError for a share outside (0, 1].
    """
    _check_request(float(share))
    return _reach(pca.all_ratios, float(share))


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


def _deviations(moments: Moments) -> Float64:
    """Return each column's standard deviation float64[d]; 1 for a constant column."""
    variances = moments.scatter.diagonal() / max(moments.count - 1, 1)
    return np.sqrt(np.where(variances > 0, variances, 1.0))


def _spectrum(moments: Moments, *, center: bool, divisors: Float64) -> tuple[Float64, Float64]:
    """Return variances float64[rank], descending, and their directions float64[rank, d]."""
    count = moments.count
    if count < 2:
        raise InputError(f"a PCA needs at least 2 vectors, not {count}: add images")
    products = moments.scatter
    if not center:
        lever = moments.mean * np.sqrt(count)
        products = products + np.outer(lever, lever)
    if np.trace(products) == 0:  # exactly: see how `gather` shifts
        raise InputError(
            f"all {count} vectors are equal: there is no variance to explain, so no number of "
            "components reaches any share; add images that differ"
        )
    try:
        values, vectors = np.linalg.eigh(products / np.outer(divisors, divisors) / (count - 1))
    except np.linalg.LinAlgError as exc:
        raise InputError(f"the PCA of {count} vectors does not converge: check them") from exc
    rank = _rank(values, count - 1 if center else count)
    return values[::-1][:rank], vectors.T[::-1][:rank]


def _rank(ascending: Float64, most: int) -> int:
    """Count the eigenvalues above rounding (`numpy.linalg.matrix_rank`'s rule), `most` at most."""
    tolerance = ascending[-1] * len(ascending) * np.finfo(np.float64).eps
    return min(int((ascending > tolerance).sum()), most)


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
