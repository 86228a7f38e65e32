"""A fitted PCA ↔ the bytes of an .npz file that numpy alone reads, without pickle."""

import io
import zipfile
from typing import Any, Final

import numpy as np

from fruits.errors import InputError
from fruits.reduction.moments import Moments
from fruits.reduction.pca import FittedPca

ARRAYS: Final = (
    "mean",
    "components",
    "explained_variance",
    "explained_variance_ratio",
    "all_ratios",
    "offset",
    "divisors",
)
"""The float64 arrays of a fitted PCA, under the names they have in the .npz."""


def save(pca: FittedPca) -> bytes:
    """Return the model as an .npz file that numpy alone reads, without pickle."""
    arrays: dict[str, Any] = {name: getattr(pca, name) for name in ARRAYS}
    arrays |= pca.moments.to_arrays()
    arrays["n_samples"] = np.asarray(pca.n_samples, dtype=np.int64)
    arrays["whiten"] = np.asarray(pca.whiten)
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
                whiten=bool(arrays["whiten"]),
                moments=Moments.from_arrays(arrays),
            )
    except (ValueError, KeyError, EOFError, OSError, TypeError, zipfile.BadZipFile) as exc:
        size = len(content)
        raise InputError(f"these {size} bytes are no fitted PCA ({exc}): fit it again") from exc
    _check_shapes(pca)
    return pca


def _check_shapes(pca: FittedPca) -> None:
    kept = len(pca.explained_variance)
    width = pca.mean.size
    wanted = {
        "components": (kept, width),
        "explained_variance_ratio": (kept,),
        "offset": (width,),
        "divisors": (width,),
    }
    for name, shape in wanted.items():
        if getattr(pca, name).shape != shape:
            got = getattr(pca, name).shape
            raise InputError(f"{name} of the fitted PCA is {got}, not {shape}: fit it again")
