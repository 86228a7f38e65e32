"""Streams of vectors → count, mean and scatter, in parts that merge to the same whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from fruits.errors import InputError
from fruits.reduction.blocks import LARGEST, Float64, Vectors, count_bad_rows, regroup

FORGETTING_TOLERANCE: Final = 1e-9
"""A variance this far below zero, as a share of what it was, is more than rounding."""


@dataclass(frozen=True, eq=False)
class Moments:
    """What a PCA needs to know of `count` vectors: two parts merge into the whole.

    `mean` is float64[d]; `scatter` is float64[d, d], exactly symmetric: the sum (not the mean)
    of the outer products of the deviations from `mean`.
    """

    count: int
    mean: Float64
    scatter: Float64

    @property
    def dim(self) -> int:
        """The length d of the vectors."""
        return len(self.mean)

    @classmethod
    def empty(cls, dim: int) -> "Moments":
        """The moments of no vector at all: the neutral element of `merge`."""
        return cls(0, np.zeros(dim), np.zeros((dim, dim)))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Name the arrays as an .npz stores them: moments_count, moments_mean, moments_scatter."""
        return {
            "moments_count": np.asarray(self.count, dtype=np.int64),
            "moments_mean": self.mean,
            "moments_scatter": self.scatter,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Moments":
        """Read back what `to_arrays` named; InputError if a name is missing or shapes disagree."""
        try:
            count = int(arrays["moments_count"])
            mean = np.asarray(arrays["moments_mean"], dtype=np.float64)
            scatter = np.asarray(arrays["moments_scatter"], dtype=np.float64)
        except (KeyError, TypeError, ValueError) as exc:
            raise InputError(f"these arrays are no moments ({exc}): fit the PCA again") from exc
        if mean.ndim != 1 or scatter.shape != (mean.size, mean.size) or count < 0:
            shapes = f"count {count}, mean {mean.shape}, scatter {scatter.shape}"
            raise InputError(f"these moments do not fit together ({shapes}): fit the PCA again")
        return cls(count, mean, scatter)


def gather(batches: Iterable[Vectors]) -> Moments:
    """Read batches of shape [n, d] once, in flat memory, and return their moments.

    Raises InputError if there is no batch, if shapes disagree, or if rows hold NaN, an infinity
    or a value beyond LARGEST (the message counts those rows over the whole stream).
    """
    tally = tally_up(batches)
    if tally.bad:
        raise InputError(f"{tally.complaint}: remove these rows, or compute their features again")
    if tally.moments is None:
        raise InputError("there is no batch of vectors to read: featurise some images first")
    return tally.moments


@dataclass(frozen=True, eq=False)
class Tally:
    """How many `rows` were read, how many of them are `bad`, and the moments if none is.

    `moments` is None too where there was no batch at all.
    """

    rows: int
    bad: int
    moments: Moments | None

    @property
    def complaint(self) -> str:
        """Say how many rows are bad, and what bad means."""
        return f"{self.bad} of {self.rows} vectors hold NaN, infinity or a value beyond {LARGEST:g}"


def tally_up(batches: Iterable[Vectors]) -> Tally:
    """Read batches as `gather` does, and count the bad rows instead of refusing them.

    The rows are regrouped in blocks of BLOCK_ROWS, so the cut into batches changes no bit of the
    result. Each block is shifted by its first row, then centred on its mean, multiplied in
    float64, and merged with those before it.
    """
    total: Moments | None = None
    rows = bad = 0
    for block in regroup(batches):
        rows += len(block) - 1
        bad += count_bad_rows(block[:-1])
        if total is None:
            total = Moments.empty(block.shape[1])
        if not bad:
            total = _absorbed(total, block)
    return Tally(rows, bad, None if bad else total)


def _absorbed(total: Moments, block: Float64) -> Moments:
    """Merge a block into `total`, in one product; both are consumed.

    The block's last row is to spare: it takes the lever, whose outer product then comes with those
    of the rows. numpy gives a product of an array with itself to the BLAS's syrk, which makes it
    exactly symmetric.
    """
    rows = block[:-1]
    if len(rows) == 0:
        return total
    # Shifted first, far from zero the mean is still exact, and a constant column exactly zero.
    first = rows[0].copy()
    rows -= first
    offset = rows.mean(axis=0)
    rows -= offset
    count, mean = len(rows), first + offset
    if total.count == 0:
        return Moments(count, mean, rows.T @ rows)
    count, mean, block[-1] = combine(total, Moments(count, mean, total.scatter))
    scatter = block.T @ block
    scatter += total.scatter
    return Moments(count, mean, scatter)


def merge(a: Moments, b: Moments) -> Moments:
    """Return the moments of both sets of vectors together; InputError if their lengths differ.

    The pairwise update of Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm
    for computing sample variances" (Stanford STAN-CS-79-773, 1979), in matrix form.
    """
    if a.count == 0 or b.count == 0:
        _refuse_other_lengths(a, b)
        return a if b.count == 0 else b
    count, mean, lever = combine(a, b)
    scatter = np.outer(lever, lever)
    scatter += a.scatter
    scatter += b.scatter
    return Moments(count, mean, scatter)


class Averaged(Protocol):
    """Some vectors of which count and mean are known."""

    @property
    def count(self) -> int:
        """The number of vectors."""

    @property
    def mean(self) -> Float64:
        """Their mean, float64[d]."""


def combine(a: Averaged, b: Averaged) -> tuple[int, Float64, Float64]:
    """Return count and mean of both together, and the lever float64[d].

    The outer product of the lever with itself is what the distance of the two means adds to the
    scatter. Neither part may be empty. Raises InputError if the vectors' lengths differ.
    """
    _refuse_other_lengths(a, b)
    count = a.count + b.count
    delta = b.mean - a.mean
    # The root stands on both sides of the product, which keeps it exactly symmetric.
    lever = delta * np.sqrt(a.count * (b.count / count))
    return count, a.mean + delta * (b.count / count), lever


def _refuse_other_lengths(a: Averaged, b: Averaged) -> None:
    if len(a.mean) != len(b.mean):
        raise InputError(
            f"vectors of length {len(a.mean)} and of length {len(b.mean)} cannot be reduced "
            "together: they come from different models"
        )


def forget(whole: Moments, part: Moments) -> Moments:
    """Return the moments of the vectors of `whole` without those of `part`: `merge` backwards.

    Exact up to rounding, as long as what is left is not tiny beside what goes. Raises InputError
    when `part` cannot be a part of `whole`: it is longer, or varies more than the whole does.
    """
    if whole.dim != part.dim or part.count > whole.count:
        raise InputError(
            f"{part.count} vectors of length {part.dim} cannot be forgotten by a PCA of "
            f"{whole.count} vectors of length {whole.dim}: they were never a part of it"
        )
    count = whole.count - part.count
    if part.count == 0 or count == 0:
        return whole if part.count == 0 else Moments.empty(whole.dim)
    delta = (part.mean - whole.mean) * (whole.count / count)
    lever = delta * np.sqrt(part.count * (count / whole.count))
    scatter = whole.scatter - part.scatter
    scatter -= np.outer(lever, lever)
    allowed = FORGETTING_TOLERANCE * whole.scatter.diagonal()
    if (scatter.diagonal() < -allowed).any():
        raise InputError(
            f"these {part.count} vectors were never a part of the {whole.count} fitted: "
            "what is left would have a negative variance; forget what was fitted before"
        )
    return Moments(count, whole.mean - delta * (part.count / whole.count), scatter)


def merge_all(parts: Iterable[Moments]) -> Moments:
    """Merge in the order given, from the left: the same parts give the same bits, always.

    Of an iterator two are held at a time, however many there are. Raises InputError for none.
    """
    following = iter(parts)
    first = next(following, None)
    if first is None:
        raise InputError("there are no moments to merge: featurise some images first")
    return reduce(merge, following, first)
