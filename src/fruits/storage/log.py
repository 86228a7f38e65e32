"""The Delta log of one table: which files it is made of now, and how that changes in one commit."""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from fruits.errors import ConfigError, FruitsError
from fruits.schema import MODEL
from fruits.storage.output import Output
from fruits.storage.parts import FEATURES_TABLE, Part, TableName, schema_of
from fruits.storage.uri import is_local, storage_options

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction, RemoveAction

# With no column indexed no writer, ours or another, records the least and greatest text of a file.
_CONFIGURATION: Final = {"delta.dataSkippingNumIndexedCols": "0"}
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_PERCENT_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}")


@dataclass(frozen=True, slots=True)
class Committed:
    """A file of the table's current version; `path` is relative to the table's folder."""

    path: str
    size: int
    rows: int
    model: str


class Log:
    """The log of the table `name` of an output, in the oldest protocol (reader 1, writer 2)."""

    def __init__(self, output: Output, name: TableName) -> None:
        self.uri = _table_uri(output, name)
        self._schema = schema_of(name)
        self._partitions: list[str] = []
        if name == FEATURES_TABLE:
            self._partitions = [MODEL]
            self._schema = self._schema.append(pa.field(MODEL, pa.string()))
        self._options = storage_options(output.uri)
        self._delta: DeltaTable | None = None

    def create(self) -> None:
        """Create the table if there is none."""
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        if self._open():
            return
        try:
            self._delta = DeltaTable.create(
                self.uri,
                schema=self._schema,
                partition_by=self._partitions,
                configuration=_CONFIGURATION,
                storage_options=self._options,
            )
        except (DeltaError, OSError) as exc:
            raise ConfigError(
                f"cannot create a table in {self.uri}: {_plain(exc)}; check --output"
            ) from exc

    def version(self) -> int | None:
        """Return the number of the last commit, None when there is no table yet."""
        delta = self._open()
        return delta.version() if delta else None

    def files(self) -> list[Committed]:
        """List the files of the current version, sorted by path."""
        if not (delta := self._open()):
            return []
        actions = delta.get_add_actions(flatten=True)
        names = ["path", "size_bytes", "num_records"] + [f"partition.{n}" for n in self._partitions]
        columns: list[Any] = [actions.column(name).to_pylist() for name in names]
        if not self._partitions:
            columns.append([""] * len(columns[0]))
        return [Committed(*row) for row in sorted(zip(*columns, strict=True))]

    def removed(self) -> set[str]:
        """Return the files of earlier versions, whether or not they still exist."""
        if not (delta := self._open()):
            return set()
        found = delta.vacuum(retention_hours=0, dry_run=True, enforce_retention_duration=False)
        return set(found)

    def commit(self, *, add: Sequence[Part], remove: Sequence[Committed] = ()) -> None:
        """Add and remove files in one commit, all or none; raises FruitsError when it fails."""
        from deltalake.exceptions import DeltaError

        self.create()
        assert self._delta is not None
        actions = [self._remove(file) for file in remove] + [self._add(part) for part in add]
        try:
            self._delta.create_write_transaction(
                actions, mode="append", schema=self._schema, partition_by=self._partitions
            )
        except (DeltaError, OSError) as exc:
            raise FruitsError(
                f"cannot commit {len(add)} files to {self.uri}: {_plain(exc)}; "
                "mend that and run the same command again, it will resume"
            ) from exc

    def _open(self) -> "DeltaTable | None":
        """Return the table at its last version, None when there is none."""
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            if self._delta:
                self._delta.update_incremental()
            elif DeltaTable.is_deltatable(self.uri, storage_options=self._options):
                delta = DeltaTable(self.uri, storage_options=self._options)
                self._delta = self._checked(delta)
        except (DeltaError, OSError) as exc:
            raise ConfigError(f"cannot open the table in {self.uri}: {_plain(exc)}") from exc
        return self._delta

    def _checked(self, delta: "DeltaTable") -> "DeltaTable":
        found = {field.name for field in delta.schema().fields}
        if (
            found != set(self._schema.names)
            or delta.metadata().partition_columns != self._partitions
        ):
            raise ConfigError(
                f"{self.uri} is another table (columns {', '.join(sorted(found))}): "
                "choose another --output"
            )
        return delta

    def _add(self, part: Part) -> "AddAction":
        from deltalake.transaction import AddAction

        return AddAction(
            path=part.path,
            size=part.size,
            partition_values=dict.fromkeys(self._partitions, part.model),
            modification_time=part.modification_time,
            data_change=True,
            stats=json.dumps({"numRecords": part.rows}),
        )

    def _remove(self, file: Committed) -> "RemoveAction":
        from deltalake.transaction import RemoveAction

        return RemoveAction(
            path=file.path,
            data_change=True,
            deletion_timestamp=int(time.time() * 1000),
            size=file.size,
            partition_values=dict.fromkeys(self._partitions, file.model),
        )


def _plain(exc: Exception) -> str:
    """Put delta-rs's coloured tree of causes on one line."""
    return " ".join(_COLOUR.sub("", str(exc)).replace("\u21b3", ":").split())


def _table_uri(output: Output, name: TableName) -> str:
    """Return the table's place as delta-rs wants it: a plain path on disk.

    delta-rs decodes percent escapes in paths and turns backslashes around (1.6.6).
    """
    uri = output.uri_of(name)
    if is_local(output.fs) and (_PERCENT_ESCAPE.search(uri) or "\\" in uri):
        raise ConfigError(
            f"tables cannot be kept in {output.uri}: a folder's name may not hold a backslash "
            "or a percent escape such as %20; choose another --output"
        )
    return uri
