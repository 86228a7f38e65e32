"""Which images the page shows: an even share of each class, the same at every call."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_SEED: Final = 20


def shares(labels: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Choose at most `most` rows, as many of each class as can be: the first row of each class, …

    `labels` int64[n] are class numbers. Returns row numbers in the order of choice, so that a
    shorter list is fair too.
    """
    order = np.random.default_rng(_SEED).permutation(len(labels))
    mixed = labels[order]
    turns = np.empty(len(labels), np.int64)
    by_class = np.argsort(mixed, kind="stable")
    sizes = np.bincount(mixed) if len(mixed) else np.zeros(0, np.int64)
    starts = np.cumsum(sizes) - sizes
    turns[by_class] = np.arange(len(labels)) - np.repeat(starts, sizes)
    chosen: NDArray[np.int64] = order[np.argsort(turns, kind="stable")][:most]
    return chosen
