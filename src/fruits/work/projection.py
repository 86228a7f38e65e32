"""Projects committed feature files on the components, and writes their share of the matrix."""

import io
import json
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from fruits.reduction.pca import FittedPca
from fruits.reduction.scores import project
from fruits.schema import FEATURES, MATRIX_KEYS, component_names
from fruits.storage.arrays import array_of, matrix_of
from fruits.storage.output import Output
from fruits.storage.parts import read_part
from fruits.work.task import Shared


@dataclass(frozen=True)
class ProjectFiles:
    """The matrix task: some feature files in, their rows of the matrix out, as CSV and Arrow."""

    output: str
    folder: str
    pca: Shared[FittedPca]

    def __call__(self, item: bytes) -> bytes:
        """Write `<folder>/<group>.csv` (no header) and `.arrow`; return the number of rows."""
        group, files = json.loads(item)
        output = Output(self.output)
        table = pa.concat_tables([self._project(output, file) for file in files])
        name = f"{self.folder}/{group:06d}"
        output.write(f"{name}.csv", _as_csv(table))
        output.write(f"{name}.arrow", _as_arrow(table).to_pybytes())
        return json.dumps([name, table.num_rows]).encode()

    def _project(self, output: Output, file: str) -> pa.Table:
        table = read_part(output, file, columns=[*MATRIX_KEYS, FEATURES])
        scores = project(self.pca.get(), matrix_of(table.column(FEATURES).combine_chunks()))
        keys = [table.column(key) for key in MATRIX_KEYS]
        columns = [array_of(column) for column in scores.T]
        return pa.Table.from_arrays(keys + columns, schema=matrix_schema(scores.shape[1]))


def matrix_schema(components: int) -> pa.Schema:
    """Return the matrix's columns: the keys as text, then one float32 column per component."""
    keys = [(key, pa.string()) for key in MATRIX_KEYS]
    return pa.schema(keys + [(name, pa.float32()) for name in component_names(components)])


def harmless(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Put an apostrophe before a text that a spreadsheet would run as a formula.

    Source: https://owasp.org/www-community/attacks/CSV_Injection. In Parquet it stays as it is.
    """
    formula = pc.match_substring_regex(texts, r"^[=+\-@\t\r]")
    return pc.if_else(formula, pc.binary_join_element_wise("'", texts, ""), texts)


def _as_csv(table: pa.Table) -> bytes:
    # Arrow prints a float32 with the fewest digits that read back as the same float32.
    for key in MATRIX_KEYS:
        table = table.set_column(table.column_names.index(key), key, harmless(table.column(key)))
    buffer = io.BytesIO()
    pa_csv.write_csv(table, buffer, pa_csv.WriteOptions(include_header=False))
    return buffer.getvalue()


def _as_arrow(table: pa.Table) -> pa.Buffer:
    # Arrow's own format, as it lies in memory: the driver makes Parquet of all pieces together.
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()
