"""An output, read back: the facts of its last run, its matrix, its PCA, its rejects."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fruits.errors import InputError
from fruits.reduction.npz import load
from fruits.reduction.pca import FittedPca
from fruits.report.facts import RunReport
from fruits.schema import MODEL, PATH, component_names
from fruits.storage.names import MATRIX_PARQUET, PCA_JSON, PCA_NPZ, REPORT_JSON
from fruits.storage.output import Output
from fruits.storage.parts import arrow_filesystem
from fruits.storage.tables import REJECTED_TABLE, Table

REJECT_COLUMNS = (PATH, "reason", "detail")


@dataclass(frozen=True)
class Results:
    """What a run left in an output. Large things are read when they are first asked for."""

    output: Output
    facts: RunReport

    @cached_property
    def matrix(self) -> pa.Table:
        """The whole matrix: image_id, path, split, label, then float32 columns pc_0001 …"""
        with self._open_matrix() as parquet:
            return parquet.read()

    def columns(self, names: Sequence[str]) -> pa.Table:
        """Return some columns of the matrix, all rows; the others are not read."""
        with self._open_matrix() as parquet:
            return parquet.read(list(names))

    def scores(self, rows: NDArray[np.int64], components: int) -> NDArray[np.float32]:
        """Return the first components of some rows (ascending numbers): float32[rows, components].

        Holds one row group of the matrix at a time.
        """
        names, taken, start = component_names(components), [], 0
        with self._open_matrix() as parquet:
            for number in range(parquet.num_row_groups):
                group = parquet.read_row_group(number, names)
                here = rows[(rows >= start) & (rows < start + group.num_rows)] - start
                taken.append(np.stack([c.to_numpy()[here] for c in group.columns], axis=1))
                start += group.num_rows
        return np.concatenate(taken) if taken else np.empty((0, components), np.float32)

    @cached_property
    def rows(self) -> int:
        """How many rows the matrix has."""
        with self._open_matrix() as parquet:
            return int(parquet.metadata.num_rows)

    @cached_property
    def pca(self) -> FittedPca:
        """The fitted PCA; raises InputError where there is none."""
        content = self.output.read(PCA_NPZ)
        if content is None:
            raise InputError(f"{self.output.uri} holds no PCA: `fruits reduce` makes one")
        return load(content)

    @cached_property
    def wanted(self) -> int | float | None:
        """The components that were asked for: a count, a share of the variance, None if unknown."""
        content = self.output.read(PCA_JSON)
        wanted: int | float | None = json.loads(content).get("wanted") if content else None
        return wanted

    @property
    def reduced(self) -> bool:
        """Tell whether there are a matrix and a PCA."""
        return self.output.exists(MATRIX_PARQUET) and self.output.exists(PCA_NPZ)

    @cached_property
    def rejected(self) -> pa.Table:
        """The images that the run's network could not be given: path, reason, detail."""
        table, model = Table(self.output, REJECTED_TABLE), self.facts.model.fingerprint
        empty = pa.schema([(name, pa.string()) for name in REJECT_COLUMNS]).empty_table()
        if table.version() is None:
            return empty
        parts = [
            rows.filter(pc.equal(rows.column(MODEL), model)).select(list(REJECT_COLUMNS))
            for _, rows in table.scan([*REJECT_COLUMNS, MODEL])
        ]
        return pa.concat_tables([empty, *parts], promote_options="permissive").sort_by(PATH)

    def _open_matrix(self) -> pq.ParquetFile:
        if not self.output.exists(MATRIX_PARQUET):
            raise InputError(f"{self.output.uri} holds no matrix: `fruits reduce` makes one")
        files: Any = arrow_filesystem(self.output)
        return pq.ParquetFile(files.open_input_file(self.output.path_of(MATRIX_PARQUET)))


def read_results(output: str) -> Results:
    """Read back what `fruits run` left at a path or URI.

    Raises InputError where no run has left a report, or where the output holds packed images.
    """
    opened = Output(output)
    content = opened.read(REPORT_JSON)
    if content is None:
        raise InputError(
            f"{output} holds no {REPORT_JSON}: check the path, or let `fruits run` make it"
        )
    if opened.holds() == "images":
        raise InputError(f"{output} holds packed images, which have no features yet: `fruits run`")
    return Results(opened, RunReport.from_json(content))
