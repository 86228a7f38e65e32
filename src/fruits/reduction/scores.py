"""Vectors ↔ their coordinates on the components of a fitted PCA; numpy alone."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fruits.errors import InputError
from fruits.reduction.blocks import Float64, Vectors
from fruits.reduction.pca import FittedPca

BLOCK_ROWS: Final = 2048
"""Rows projected at a time, so that the float64 copy stays small whatever the batch."""


def project(pca: FittedPca, x: Vectors, *, dtype: type = np.float32) -> NDArray[Any]:
    """Return the coordinates dtype[n, k] of the vectors x [n, d], computed in float64.

    Raises InputError if the vectors are not of the length the PCA was fitted on, or hold NaN.
    """
    if x.ndim != 2 or (len(x) and x.shape[1] != pca.mean.size):
        raise InputError(
            f"vectors of shape {x.shape} do not fit a PCA fitted on length {pca.mean.size}: "
            "project features of the same model, or fit again"
        )
    projected: NDArray[Any] = np.empty((len(x), len(pca.components)), dtype=dtype)
    for start in range(0, len(x), BLOCK_ROWS):
        # The mean goes first: subtracted after the product, it would cost digits far from zero.
        block = slice(start, start + BLOCK_ROWS)
        shifted = np.subtract(x[block], pca.offset, dtype=np.float64)
        projected[block] = shifted @ pca.directions
    if bad := _count_bad(projected):
        raise InputError(f"{bad} of {len(x)} vectors hold NaN or infinity: remove these rows")
    return projected


def _count_bad(projected: NDArray[Any]) -> int:
    """Count the rows that hold NaN or infinity; where the sum is finite, no row does."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(projected.sum(dtype=np.float64)):
            return 0
    return len(projected) - int(np.isfinite(projected).all(axis=1).sum())


def restore(pca: FittedPca, scores: Vectors, *, dtype: type = np.float32) -> NDArray[Any]:
    """Return the vectors dtype[n, d] that the coordinates scores [n, k] stand for.

    Exact when every direction was kept; else the nearest vectors that k components can make.
    Raises InputError if there are not k coordinates.
    """
    if len(scores) == 0:
        return np.empty((0, pca.mean.size), dtype)
    if scores.ndim != 2 or scores.shape[1] != len(pca.components):
        raise InputError(
            f"coordinates of shape {scores.shape} do not fit a PCA of "
            f"{len(pca.components)} components: give what its transform made"
        )
    inverse = (pca.components * pca.spread[:, None]) * pca.divisors
    return (scores.astype(np.float64) @ inverse + pca.offset).astype(dtype)


def reconstruction_error(pca: FittedPca, x: Vectors) -> Float64:
    """Return, for each vector, its squared distance float64[n] to what its coordinates restore."""
    if len(x) == 0:
        return np.empty(0)
    restored = restore(pca, project(pca, x, dtype=np.float64), dtype=np.float64)
    error: Float64 = ((x.astype(np.float64) - restored) ** 2).sum(axis=1)
    return error
