"""What the first components see: the images that lie at each of their ends."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fruits.report.results import Results
from fruits.schema import component_names

COMPONENTS: Final = 6
AT_EACH_END: Final = 6


@dataclass(frozen=True)
class Ends:
    """A component, the share of the variance it explains, and rows at its ends, outermost first."""

    component: int
    share: float
    low: list[int]
    high: list[int]


def ends_of(results: Results, labels: NDArray[np.int64]) -> list[Ends]:
    """Find the ends of the first components; of each class one image at most, if there are enough.

    Frames of one recording lie side by side: without that rule one fruit would fill an end.
    """
    count = min(COMPONENTS, len(results.pca.components))
    names, found = component_names(count), []
    table = results.columns(names)
    for number, name in enumerate(names):
        order = np.argsort(table[name].to_numpy(), kind="stable")
        share = float(results.pca.explained_variance_ratio[number])
        low, high = _outermost(order, labels), _outermost(order[::-1], labels)
        found.append(Ends(number + 1, share, low, high))
    return found


def _outermost(order: NDArray[np.int64], labels: NDArray[np.int64]) -> list[int]:
    _, first = np.unique(labels[order], return_index=True)
    rows = order[np.sort(first)] if len(first) >= AT_EACH_END else order
    return [int(row) for row in rows[:AT_EACH_END]]
