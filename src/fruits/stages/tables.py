"""The two tables of an output, opened together."""

from collections.abc import Sequence
from dataclasses import dataclass

from fruits.choices import Split
from fruits.images.labels import split_of
from fruits.storage.output import Output
from fruits.storage.tables import FEATURES_TABLE, REJECTED_TABLE, Stamp, Table


@dataclass(frozen=True)
class Tables:
    """The features and the rejects of an output."""

    features: Table
    rejected: Table

    @classmethod
    def of(cls, output: Output) -> "Tables":
        """Open both tables of an output; nothing is created."""
        return cls(Table(output, FEATURES_TABLE), Table(output, REJECTED_TABLE))

    def create(self) -> bool:
        """Create what is missing; tell whether both tables are new, so that all is still to do."""
        fresh = self.features.version() is None and self.rejected.version() is None
        self.features.create()
        self.rejected.create()
        return fresh

    def known(self, model: str, *, split: Split | None = None) -> dict[str, Stamp]:
        """Return the images of a split (or all) that `model` has featurised or rejected."""
        known = self.features.known(model) | self.rejected.known(model)
        if split is None:
            return known
        return {path: stamp for path, stamp in known.items() if split_of(path) == split}

    def delete(self, paths: Sequence[str], *, model: str) -> int:
        """Drop the rows of these images of one model; return how many there were."""
        return self.features.delete(paths, model=model) + self.rejected.delete(paths, model=model)

    def tidy(self) -> None:
        """Remove files that no row needs any more; only when no unit is in flight."""
        self.features.tidy(full=True)
        self.rejected.tidy(full=True)
