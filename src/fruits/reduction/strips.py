"""Moments cut into strips that merge on their own, so that many workers can share one merge."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from fruits.errors import InputError
from fruits.reduction.blocks import Float64
from fruits.reduction.moments import Moments, combine

STRIP_BYTES: Final = 256 * 1024
"""The most that a strip's numbers take, unless a single row takes more."""


@dataclass(frozen=True, eq=False)
class Strip:
    """Some rows of the scatter of `count` vectors, from the diagonal to the right.

    `scatter` is float64[rows, d - row]: the rows from `row` on, without the columns before `row`,
    which the symmetry of the whole gives back. `mean` is float64[d].
    """

    row: int
    count: int
    mean: Float64
    scatter: Float64


def cut(moments: Moments) -> Iterator[Strip]:
    """Cut moments into strips; where, depends on the vectors' length alone."""
    row, dim = 0, moments.dim
    while row < dim:
        rows = max(STRIP_BYTES // (8 * (dim - row)), 1)
        scatter = moments.scatter[row : row + rows, row:]
        yield Strip(row, moments.count, moments.mean, scatter)
        row += rows


def merge_strips(a: Strip, b: Strip) -> Strip:
    """Merge the same strip of two sets of vectors: to the bit what `merge` does with the whole.

    Raises InputError if the vectors' lengths differ, ValueError for two different strips.
    """
    if a.row != b.row:
        raise ValueError(f"the strips at rows {a.row} and {b.row} do not belong together")
    count, mean, lever = combine(a, b)
    rows = len(a.scatter)
    scatter = np.outer(lever[a.row : a.row + rows], lever[a.row :])
    scatter += a.scatter
    scatter += b.scatter
    return Strip(a.row, count, mean, scatter)


def join(strips: Sequence[Strip]) -> Moments:
    """Put all strips of a set of vectors together again; InputError if one is missing."""
    first = strips[0]
    dim = len(first.mean)
    scatter = np.zeros((dim, dim))
    covered = 0
    for strip in sorted(strips, key=lambda strip: strip.row):
        if strip.row != covered or strip.count != first.count:
            raise InputError(f"row {covered} of {dim} of the scatter is missing: fit again")
        covered += len(strip.scatter)
        scatter[strip.row : covered, strip.row :] = strip.scatter
        scatter[strip.row :, strip.row : covered] = strip.scatter.T
    if covered != dim:
        raise InputError(f"row {covered} of {dim} of the scatter is missing: fit again")
    return Moments(first.count, first.mean, scatter)
