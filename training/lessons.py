"""What `teacher` wrote → batches for Keras, mirrored and moved a little each time."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

VALIDATION = 100
"""Every hundredth view is kept from the training, to watch it."""

Batch = tuple[NDArray[np.uint8], dict[str, NDArray[Any]]]


class Lessons(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of (pixels uint8[b, side, side, 3], {"features": targets, "labels": class numbers}).

    Rows are shuffled anew each epoch, from `seed` and the epoch's number alone, so that a training
    that was interrupted goes on with the batches it would have had. `seed=None`: as they are.
    """

    def __init__(
        self, folder: Path, rows: NDArray[np.int64], *, batch: int, seed: int | None, shift: int = 0
    ) -> None:
        super().__init__()
        self.pixels = np.load(folder / "pixels.npy", mmap_mode="r")
        self.targets = np.load(folder / "targets.npy", mmap_mode="r")
        self.classes = np.load(folder / "classes.npy")
        self.rows, self.batch, self.seed, self.shift = rows, batch, seed, shift
        self.order = rows
        self.start(0)

    def start(self, epoch: int) -> None:
        """Shuffle the rows for an epoch."""
        self.epoch = epoch
        if self.seed is not None:
            self.order = np.random.default_rng([self.seed, epoch]).permutation(self.rows)

    def __len__(self) -> int:
        """Count the batches of an epoch; to learn from, only full ones."""
        whole, rest = divmod(len(self.rows), self.batch)
        return whole + bool(rest and self.seed is None)

    def __getitem__(self, index: int) -> Batch:
        """Read one batch."""
        rows = np.sort(self.order[index * self.batch : (index + 1) * self.batch])
        pixels = self.pixels[rows]
        if self.seed is not None:
            # Keras reads ahead, and some batches twice: each has a generator of its own.
            rng = np.random.default_rng([self.seed, self.epoch, index])
            pixels = _varied(pixels, rng, self.shift)
        return pixels, {"features": self.targets[rows], "labels": self.classes[rows]}


def split_rows(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split row numbers into those to learn from and those to watch."""
    rows = np.arange(count)
    watched = rows % VALIDATION == 0
    return rows[~watched], rows[watched]


def read_classes(folder: Path) -> list[tuple[str, str]]:
    """Read the (source, label) of every class number."""
    return [(source, label) for source, label in json.loads((folder / "classes.json").read_text())]


def _varied(pixels: NDArray[np.uint8], rng: np.random.Generator, shift: int) -> NDArray[np.uint8]:
    count, height, width, _ = pixels.shape
    border = ((0, 0), (shift, shift), (shift, shift), (0, 0))
    padded = np.pad(pixels, border, mode="edge")
    offsets = rng.integers(0, 2 * shift + 1, (count, 2))
    mirrored = rng.integers(0, 2, (count,))
    varied = np.empty_like(pixels)
    for row, (top, left) in enumerate(offsets):
        view = padded[row, top : top + height, left : left + width]
        varied[row] = view[:, ::-1] if mirrored[row] else view
    return varied
