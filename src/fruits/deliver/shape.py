"""What a file of the matrix really holds: rows, columns and cells, counted a block at a time."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from fruits.schema import IMAGE_ID, MATRIX_KEYS
from fruits.storage.names import MATRIX_CSV, MATRIX_PARQUET
from fruits.storage.output import Output
from fruits.storage.parts import arrow_filesystem
from fruits.work.projection import matrix_schema

_BLOCK_BYTES: Final = 2**20
"""Some hundreds of rows; pyarrow reads a few dozen blocks of a CSV ahead."""


@dataclass(frozen=True)
class Shape:
    """What a file of the matrix holds, as counted, not as its header says.

    `holes` are cells without a finite number, and rows without an image; `order` is a digest over
    the rows' image ids, which two files of the same rows share.
    """

    rows: int
    columns: list[str]
    holes: int
    order: str


def read_parquet(output: Output, _components: int) -> Shape:
    """Count matrix.parquet, batch by batch; ArrowInvalid where it is damaged."""
    files: Any = arrow_filesystem(output)
    with files.open_input_file(output.path_of(MATRIX_PARQUET)) as file:
        parquet = pq.ParquetFile(file)
        return _count(parquet.schema_arrow, _batches(parquet))


def _batches(parquet: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    """Yield a few megabytes at a time, one row group after the other.

    Asked for the whole file at once, pyarrow 26 keeps all that it has read until the end.
    """
    rows = max(_BLOCK_BYTES // (4 * parquet.metadata.num_columns), 1)
    for group in range(parquet.num_row_groups):
        yield from parquet.iter_batches(batch_size=rows, row_groups=[group])


def read_csv(output: Output, components: int) -> Shape:
    """Count matrix.csv, block by block; ArrowInvalid where it is damaged."""
    files: Any = arrow_filesystem(output)
    schema = matrix_schema(components)
    types = dict(zip(schema.names, schema.types, strict=True))
    with (
        files.open_input_stream(output.path_of(MATRIX_CSV)) as file,
        pa_csv.open_csv(
            file,
            read_options=pa_csv.ReadOptions(block_size=_BLOCK_BYTES),
            convert_options=pa_csv.ConvertOptions(column_types=types),
        ) as reader,
    ):
        return _count(reader.schema, reader)


def _count(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Shape:
    rows, holes, order = 0, 0, hashlib.sha256()
    numbers = [name for name in schema.names if name not in MATRIX_KEYS]
    for batch in batches:
        rows += batch.num_rows
        holes += sum(_holes(batch.column(name)) for name in numbers)
        ids = batch.column(IMAGE_ID).to_pylist() if IMAGE_ID in schema.names else []
        holes += sum(not image_id for image_id in ids)
        order.update("".join(f"{image_id}\n" for image_id in ids).encode())
    return Shape(rows, schema.names, holes, order.hexdigest())


def _holes(column: pa.Array) -> int:
    """Count the cells that are empty, no number, or not finite."""
    if not pa.types.is_floating(column.type):
        return len(column)
    return len(column) - (pc.sum(pc.is_finite(column)).as_py() or 0)


READERS: Final[dict[str, Callable[[Output, int], Shape]]] = {
    MATRIX_PARQUET: read_parquet,
    MATRIX_CSV: read_csv,
}
