"""Whose row is whose: the path, class and split of each row of a matrix."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fruits.report.results import Results
from fruits.schema import LABEL, PATH, SPLIT


@dataclass(frozen=True)
class Row:
    """One image, as the page names it."""

    path: str
    label: str


@dataclass(frozen=True)
class Keys:
    """The rows' names, as lists and as numbers."""

    paths: list[str]
    labels: list[str]
    splits: list[str]

    @classmethod
    def of(cls, results: Results) -> "Keys":
        """Read the key columns of a matrix."""
        table = results.columns([PATH, LABEL, SPLIT])
        return cls(*(table[name].to_pylist() for name in (PATH, LABEL, SPLIT)))

    @cached_property
    def classes(self) -> list[str]:
        """The labels that occur, sorted."""
        return sorted(set(self.labels))

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """The class number of each row: int64[rows]."""
        number = {label: i for i, label in enumerate(self.classes)}
        return np.array([number[label] for label in self.labels], dtype=np.int64)

    def row(self, number: int) -> Row:
        """Return the names of one row."""
        return Row(self.paths[number], self.labels[number])
