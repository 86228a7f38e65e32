"""The two tables of an output, opened together."""

from dataclasses import dataclass

from fruits.storage.output import Output
from fruits.storage.tables import FEATURES_TABLE, REJECTED_TABLE, Table


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

    def tidy(self) -> None:
        """Remove files that no row needs any more; only when no unit is in flight."""
        self.features.tidy(full=True)
        self.rejected.tidy(full=True)
