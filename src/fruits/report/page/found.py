"""What the page finds in a matrix: the rows of its map, the ends of components, neighbours."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fruits.report.figures.plane import MOST, positions, spread
from fruits.report.page.choice import shares
from fruits.report.page.extremes import Ends, ends_of
from fruits.report.page.keys import Keys
from fruits.report.page.likeness import Likeness, likeness_of
from fruits.report.results import Results

PHOTOS: Final = 2_400
"""Photos at most: an even share of each class, beside those that the sections show."""


@dataclass(frozen=True)
class Found:
    """The rows on the map (int64[n]) and their places (float32[n, 2]), ends, and neighbours."""

    keys: Keys
    rows: NDArray[np.int64]
    places: NDArray[np.float32]
    ends: list[Ends]
    likeness: Likeness | None

    def shown(self) -> list[str]:
        """Return the paths of the images to be shown, the indispensable ones first."""
        rows = [row for end in self.ends for row in (*end.low, *end.high)]
        for example in self.likeness.examples if self.likeness else []:
            rows += [example.row, *example.neighbours]
        rows += self.rows[shares(self.keys.numbers[self.rows], PHOTOS)].tolist()
        return [self.keys.paths[row] for row in dict.fromkeys(rows)]


def find(results: Results) -> Found:
    """Look through the matrix of an output, which must be there."""
    keys, rows = Keys.of(results), spread(results.rows, MOST)
    likeness = likeness_of(results, keys.numbers, np.array(keys.splits, dtype=str))
    return Found(keys, rows, positions(results, rows), ends_of(results, keys.numbers), likeness)
