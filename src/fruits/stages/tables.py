"""The two tables of an output, opened together: what became of the images, and the rejects."""

from collections.abc import Sequence
from dataclasses import dataclass

from fruits.choices import Split
from fruits.images.labels import split_of
from fruits.storage.output import Holds, Output
from fruits.storage.tables import (
    FEATURES_TABLE,
    PACKED_TABLE,
    REJECTED_TABLE,
    Stamp,
    Table,
    TableName,
)


@dataclass(frozen=True)
class Tables:
    """What an output holds, features or packed images, and its rejects."""

    kept: Table
    rejected: Table

    @classmethod
    def of(cls, output: Output, holds: Holds = "features") -> "Tables":
        """Open both tables of an output; nothing is created."""
        name: TableName = PACKED_TABLE if holds == "images" else FEATURES_TABLE
        return cls(Table(output, name), Table(output, REJECTED_TABLE))

    @property
    def features(self) -> Table:
        """The table of features."""
        assert self.kept.name == FEATURES_TABLE
        return self.kept

    def create(self) -> bool:
        """Create what is missing; tell whether both tables are new, so that all is still to do."""
        fresh = self.kept.version() is None and self.rejected.version() is None
        self.kept.create()
        self.rejected.create()
        return fresh

    def known(self, model: str, *, split: Split | None = None) -> dict[str, Stamp]:
        """Return the images of a split (or all) that `model` has featurised or rejected."""
        known = self.kept.known(model) | self.rejected.known(model)
        if split is None:
            return known
        return {path: stamp for path, stamp in known.items() if split_of(path) == split}

    def delete(self, paths: Sequence[str], *, model: str) -> int:
        """Drop the rows of these images of one model; return how many there were."""
        return self.kept.delete(paths, model=model) + self.rejected.delete(paths, model=model)

    def tidy(self) -> None:
        """Remove files that no row needs any more; only when no unit is in flight."""
        self.kept.tidy(full=True)
        self.rejected.tidy(full=True)
