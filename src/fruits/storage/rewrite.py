"""Writes a table's files anew without the rows of some images, one file at a time in memory."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from fruits.schema import MODEL, PATH
from fruits.storage.log import Committed
from fruits.storage.output import Output
from fruits.storage.parts import Part, TableName, read_part, schema_of, write_part

_REWRITTEN: Final = re.compile(r"\.v\d+$")


class Rewrite(NamedTuple):
    """What a commit has to add and to remove for some rows to disappear."""

    written: list[Part]
    dropped: list[Committed]

    @property
    def rows(self) -> int:
        """Count the rows that disappear."""
        return sum(file.rows for file in self.dropped) - sum(part.rows for part in self.written)


class Gone(NamedTuple):
    """The rows to drop: those of these images (text[n]) made by one model."""

    paths: pa.Array
    model: str


def rewrite(
    output: Output, table: TableName, files: Sequence[Committed], *, gone: Gone, version: int
) -> Rewrite:
    """Write the files that hold rows of `gone` anew without them; others are not touched.

    The new files are called after the old ones and `version`, the number of the commit to come.
    delta-rs's own MERGE and DELETE are not used: they would note their predicate, names of images
    included, in the log, and a MERGE joins the whole table in memory.
    """
    result = Rewrite([], [])
    for file in files:
        keys = _read(output, table, file, columns=_key_columns(table))
        left = without(keys, gone).num_rows
        if left == keys.num_rows:
            continue
        result.dropped.append(file)
        if left:
            rows = _read(output, table, file, columns=schema_of(table).names)
            name = _rename(file, version)
            rest = without(rows, gone)
            result.written.append(write_part(output, table, rest, model=gone.model, name=name))
    return result


def without(rows: pa.Table, gone: Gone) -> pa.Table:
    """Drop the rows of `gone`; rows without a column `model` are all of its model."""
    matched = pc.is_in(rows.column(PATH), value_set=gone.paths)
    if MODEL in rows.column_names:
        matched = pc.and_(matched, pc.equal(rows.column(MODEL), gone.model))
    return rows.filter(pc.invert(matched))


def _read(output: Output, table: TableName, file: Committed, *, columns: list[str]) -> pa.Table:
    return read_part(output, f"{table}/{file.path}", columns=columns)


def _key_columns(table: TableName) -> list[str]:
    return [name for name in (PATH, MODEL) if name in schema_of(table).names]


def _rename(file: Committed, version: int) -> str:
    stem = file.path.rpartition("/")[2].removesuffix(".parquet")
    return f"{_REWRITTEN.sub('', stem)}.v{version}"
