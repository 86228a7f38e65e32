"""The two Delta tables of an output, features and rejects: what is committed, replaced, known."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from fruits.errors import FruitsError
from fruits.images.rejects import Reason
from fruits.schema import MODEL, PATH
from fruits.storage.arrays import column_of
from fruits.storage.log import Committed, Log
from fruits.storage.output import Output
from fruits.storage.parts import (
    FEATURES_TABLE,
    PACKED,
    PACKED_TABLE,
    REJECTED_TABLE,
    Part,
    TableName,
    paths_in,
    read_part,
    write_part,
)
from fruits.storage.rewrite import Gone, Rewrite, rewrite

__all__ = [
    "FEATURES_TABLE",
    "PACKED_TABLE",
    "REJECTED_TABLE",
    "Part",
    "Stamp",
    "Table",
    "TableName",
    "paths_in",
    "read_part",
    "write_part",
]

Stamp = tuple[int, int | None, str]
"""What tells whether an image has changed: size in bytes, modified in µs since the epoch, etag."""

READERS: Final = 16
"""Files read at once to learn what is known: on a disk two would do, over a network not."""

NO_STAMP: Final[Stamp] = (-1, None, "")
UNREAD: Final[Reason] = "unreadable"

_STAMP = ("size", "modified", "etag")


class Table:
    """One table of an output (features, rejects, packed images), for its one writer, the driver.

    Workers write parts (`write_part`); the table takes them in. A part that was never committed
    is not in the table. Methods raise ConfigError for a table that cannot be opened or created,
    FruitsError for a commit that failed.
    """

    def __init__(self, output: Output, name: TableName) -> None:
        self._output, self._name = output, name
        self._log = Log(output, name)

    @property
    def name(self) -> TableName:
        """The table's folder, relative to the output."""
        return self._name

    def create(self) -> None:
        """Create the table, empty, if there is none."""
        self._log.create()

    def version(self) -> int | None:
        """Return the number of the last commit, None when there is no table yet."""
        return self._log.version()

    def append(self, parts: Collection[Part]) -> int:
        """Commit parts at once, less those committed before; return how many were new."""
        new = self._new(parts)
        if new:
            self._log.commit(add=new)
        return len(new)

    def replace(self, parts: Collection[Part]) -> int:
        """Commit parts and drop the older rows of their images, in one commit.

        All parts belong to one model (ValueError otherwise). Returns how many parts were new.
        """
        new = self._new(parts)
        if new:
            if len(models := {part.model for part in new}) > 1:
                raise ValueError(f"parts of several models in one commit: {sorted(models)}")
            paths = [path for part in new for path in paths_in(self._output, self._name, part)]
            old = self._rewrite(paths, models.pop())
            self._log.commit(add=[*old.written, *new], remove=old.dropped)
        return len(new)

    def delete(self, paths: Collection[str], *, model: str) -> int:
        """Drop the rows of these images of one model, in one commit; return how many there were."""
        old = self._rewrite(paths, model)
        if old.dropped:
            self._log.commit(add=old.written, remove=old.dropped)
        return old.rows

    def known(self, model: str) -> dict[str, Stamp]:
        """Return the images that have a row of `model`, with what tells whether they changed.

        An image that the storage did not give has a stamp that no image has: it is tried again,
        for that says more about the storage at that time than about the image. Raises FruitsError
        where a file of the table is gone.
        """
        rejects = self._name == REJECTED_TABLE
        try:
            columns = [PATH, *_STAMP] + ["reason"] * rejects
            parts = list(self._read(model, columns))
        except FileNotFoundError as exc:
            raise FruitsError(
                f"{self._output.uri} has lost a file of its table {self._name} ({exc}): "
                f"`fruits doctor --output {self._output.uri} --repair` shows what can be done"
            ) from exc
        if not parts:
            return {}
        rows = pa.concat_tables(parts)
        size, modified, etag = (rows.column(name) for name in _STAMP)
        stamps = zip(
            size.to_pylist(), modified.cast(pa.int64()).to_pylist(), etag.to_pylist(), strict=True
        )
        known: dict[str, Stamp] = dict(zip(rows.column(PATH).to_pylist(), stamps, strict=True))
        if rejects:
            unread = rows.filter(pc.equal(rows.column("reason"), UNREAD)).column(PATH)
            known |= dict.fromkeys(unread.to_pylist(), NO_STAMP)
        return known

    def files(self, model: str) -> list[str]:
        """Name the committed Parquet files that may hold rows of `model`, sorted.

        Names are relative to the output (`features/model=…/….parquet`), as `read_part` takes them.
        """
        return [f"{self._name}/{file.path}" for file in self._files(model)]

    def count(self, model: str) -> int:
        """Count the rows of `model`."""
        if self._name != REJECTED_TABLE:
            return sum(file.rows for file in self._files(model))
        return sum(rows.num_rows for rows in self._read(model, [PATH]))

    def scan(self, columns: Sequence[str]) -> Iterator[tuple[str, pa.Table]]:
        """Yield some columns of all rows of all models, file by file, with the file's model.

        A file of rejects may hold several: ask for the column. Packed images are of none.
        """
        files = self._log.files()

        def read(file: Committed) -> pa.Table:
            return read_part(self._output, f"{self._name}/{file.path}", columns=list(columns))

        with ThreadPoolExecutor(READERS, thread_name_prefix="fruits-read") as pool:
            models = (file.model or PACKED for file in files)
            yield from zip(models, pool.map(read, files), strict=True)

    def read_columns(self, model: str, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield some columns of the rows of `model`, file by file, always in the same order."""
        for rows in self._read(model, columns):
            yield rows.select(list(columns))

    def tidy(self, *, full: bool = False) -> list[str]:
        """Remove the files that replacements and deletions left behind; return their paths.

        `full` also removes what was never in the log: parts of dead runs and of lost attempts,
        unfinished files. After it the folder, read without its log, holds the same rows. Use it
        only when the run is over: it would take the parts of units still in flight.
        """
        stale = self.stale() if full else sorted(set(self.stale()) & self._log.removed())
        for path in stale:
            self._output.remove(f"{self._name}/{path}")
        return stale

    def stale(self) -> list[str]:
        """Name the files of the folder that are not in the table, relative to it, sorted."""
        return sorted(self._on_storage() - {file.path for file in self._log.files()})

    def lost(self) -> list[str]:
        """Name the files of the table that are not in the folder any more, relative to it."""
        return sorted({file.path for file in self._log.files()} - self._on_storage())

    def forget_lost(self) -> int:
        """Take lost files out of the table, in one commit; return how many rows they had."""
        gone = set(self.lost())
        files = [file for file in self._log.files() if file.path in gone]
        if files:
            self._log.commit(add=[], remove=files)
        return sum(file.rows for file in files)

    def _new(self, parts: Collection[Part]) -> list[Part]:
        """Return the parts that were never committed, not even to be replaced since."""
        seen = {file.path for file in self._log.files()} | self._log.removed()
        return list({part.path: part for part in parts if part.path not in seen}.values())

    def _rewrite(self, paths: Collection[str], model: str) -> Rewrite:
        gone = Gone(column_of(list(paths), pa.string()), model)
        version = (self.version() or 0) + 1
        return rewrite(self._output, self._name, self._files(model), gone=gone, version=version)

    def _files(self, model: str) -> list[Committed]:
        whole = self._name != FEATURES_TABLE  # not partitioned: any file may hold any model
        return [file for file in self._log.files() if whole or file.model == model]

    def _read(self, model: str, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Read some columns of all rows of `model`, several files at a time, in their order."""
        rejects = self._name == REJECTED_TABLE
        wanted = [*columns, MODEL] if rejects and MODEL not in columns else list(columns)

        def read(file: str) -> pa.Table:
            rows = read_part(self._output, file, columns=wanted)
            return rows.filter(pc.equal(rows.column(MODEL), model)) if rejects else rows

        with ThreadPoolExecutor(READERS, thread_name_prefix="fruits-read") as pool:
            yield from pool.map(read, self.files(model))

    def _on_storage(self) -> set[str]:
        """Return the Parquet and the unfinished files of the folder, relative to it."""
        root = self._output.path_of(self._name)
        self._output.fs.invalidate_cache(root)
        found = {path[len(root) + 1 :] for path in self._output.fs.find(root)}
        return {
            path
            for path in found
            if path.endswith((".parquet", ".tmp")) and not path.startswith("_delta_log/")
        }
