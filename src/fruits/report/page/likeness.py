"""Which images the features find alike: nearest neighbours by cosine, and how often they agree."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fruits.report.figures.plane import spread
from fruits.report.results import Results

QUERIES: Final = 1_000
CANDIDATES: Final = 20_000
COMPONENTS: Final = 128
EXAMPLES: Final = 8
NEIGHBOURS: Final = 5


@dataclass(frozen=True)
class Example:
    """An image and its nearest neighbours: rows, and cosines with it, the nearest first."""

    row: int
    neighbours: list[int]
    cosines: list[float]


@dataclass(frozen=True)
class Likeness:
    """How often the nearest neighbour is of the same class, among how many; and a few examples.

    `across` tells whether images of the test split were asked for neighbours of the training split.
    """

    agreement: float
    queries: int
    candidates: int
    components: int
    across: bool
    examples: list[Example] = field(default_factory=list)


def likeness_of(
    results: Results, labels: NDArray[np.int64], splits: NDArray[np.str_]
) -> Likeness | None:
    """Ask an even share of the images for their neighbours; None where there are too few.

    Half of the examples are images whose neighbour is of another class, where there are any: they
    tell more. Vectors are the rows' first components, at most 128.
    """
    across = bool((splits == "test").any() and (splits == "training").any())
    asked = np.flatnonzero(splits == "test") if across else np.arange(len(labels))
    among = np.flatnonzero(splits == "training") if across else np.arange(len(labels))
    asked, among = asked[spread(len(asked), QUERIES)], among[spread(len(among), CANDIDATES)]
    if len(asked) < 2 or len(among) < 3:
        return None
    components = min(COMPONENTS, len(results.pca.components))
    near, cosines = _nearest(results, asked, among, components)
    same = labels[near[:, 0]] == labels[asked]
    examples = [
        Example(int(asked[i]), near[i].tolist(), cosines[i].tolist())
        for i in _instructive(same, labels[asked])
    ]
    return Likeness(float(same.mean()), len(asked), len(among), components, across, examples)


def _nearest(
    results: Results, asked: NDArray[np.int64], among: NDArray[np.int64], components: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the rows int64[queries, n] and cosines float32[queries, n] of the nearest others."""
    there = _unit(results.scores(among, components))
    cosines = _unit(results.scores(asked, components)) @ there.T
    cosines[asked[:, None] == among[None, :]] = -np.inf
    most = min(NEIGHBOURS, len(among) - 1)
    part = np.argpartition(-cosines, most - 1, axis=1)[:, :most]
    order = np.argsort(-np.take_along_axis(cosines, part, 1), axis=1, kind="stable")
    best = np.take_along_axis(part, order, 1)
    return among[best], np.take_along_axis(cosines, best, 1)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _instructive(same: NDArray[np.bool_], labels: NDArray[np.int64]) -> list[int]:
    """Choose queries of different classes, up to half of them with a neighbour of another class."""
    wrong = _one_each(np.flatnonzero(~same), labels, EXAMPLES // 2)
    right = _one_each(np.flatnonzero(same), labels, EXAMPLES - len(wrong))
    return [*right, *wrong]


def _one_each(found: NDArray[np.int64], labels: NDArray[np.int64], most: int) -> list[int]:
    _, first = np.unique(labels[found], return_index=True)
    kept = found[first]
    return [int(i) for i in kept[spread(len(kept), most)]] if most and len(kept) else []
