"""The features of Fruits-360 as frames of videos: which video, which place on its turntable."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset as ds
from numpy.typing import NDArray

NAME = re.compile(r"(?:(r\d*)_)?(\d+)_\d+\.jpg")
"""`r_12_100.jpg`: frame 12 of the class's second video, 100 pixels a side."""

FULL_CIRCLE = 360.0
LEAST_TURN = 200
"""Frames after which the first view may come back: before that, neighbours are alike anyway."""

Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]
Vectors = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Frames:
    """Photos of a turntable: `vectors` float32[n, d] of length 1, and what their names say.

    `labels` and `videos` are texts [n], `numbers` the frames' int64[n], `test` which of them are of
    the official Test split; `turn` is how many frames a turn of the table takes.
    """

    vectors: Vectors
    labels: NDArray[np.str_]
    videos: NDArray[np.str_]
    numbers: Integers
    test: Booleans
    turn: int

    def degrees(self, some: Integers, others: Integers) -> NDArray[np.float64]:
        """Return the angles between two lists of frames, as a table, from 0 to 180 degrees."""
        apart = np.abs(self.numbers[some][:, None] - self.numbers[others][None]) % self.turn
        least = np.minimum(apart, self.turn - apart)
        return np.asarray(least * FULL_CIRCLE / self.turn)

    @property
    def species(self) -> NDArray[np.str_]:
        """Return the first word of each label: Apple of `Apple Golden 1`."""
        return np.array([label.partition(" ")[0] for label in self.labels])


def read_table(output: str, columns: list[str]) -> tuple[Vectors, dict[str, list[Any]]]:
    """Read an output's vectors float32[n, d], as they are, and other columns as lists."""
    folder = Path(output, "features")
    table = ds.dataset(folder, partitioning="hive").to_table([*columns, "features"])
    flat = table["features"].combine_chunks().flatten().to_numpy()
    return flat.reshape(len(table), -1), {name: table[name].to_pylist() for name in columns}


def unit(vectors: Vectors) -> Vectors:
    """Scale each row to length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def read_frames(output: str) -> Frames:
    """Read the features of Fruits-360 that `fruits run` has written to a local output."""
    raw, columns = read_table(output, ["path", "split", "label"])
    vectors = unit(raw)
    found = [NAME.fullmatch(path.rpartition("/")[2]) for path in columns["path"]]
    parts = [match.groups() if match else ("", "-1") for match in found]
    labels = columns["label"]
    videos = np.array([f"{at}|{axis or ''}" for at, (axis, _) in zip(labels, parts, strict=True)])
    numbers = np.array([int(number) for _, number in parts], np.int64)
    if (numbers < 0).any():
        raise SystemExit(f"{output} holds photos whose names are not those of Fruits-360")
    test = np.array([split == "test" for split in columns["split"]])
    turn = turn_of(alike_by_lag(vectors, videos, numbers))
    return Frames(vectors, np.array(labels), videos, numbers, test, turn)


def alike_by_lag(
    vectors: Vectors, videos: NDArray[np.str_], numbers: Integers
) -> NDArray[np.float64]:
    """Return the mean cosine of two frames of one video, by how many frames lie between them."""
    sums, counts = np.zeros(numbers.max() + 1), np.zeros(numbers.max() + 1)
    for video in np.unique(videos):
        mine = np.flatnonzero(videos == video)
        lags = np.abs(numbers[mine][:, None] - numbers[mine][None]).ravel()
        np.add.at(sums, lags, (vectors[mine] @ vectors[mine].T).ravel())
        np.add.at(counts, lags, 1)
    return np.asarray(sums / np.maximum(counts, 1))


def turn_of(alike: NDArray[np.float64]) -> int:
    """Return after how many frames the views come back: where the cosine peaks again."""
    return LEAST_TURN + int(np.argmax(alike[LEAST_TURN:]))
