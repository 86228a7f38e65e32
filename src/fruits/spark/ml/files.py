"""The Parquet files behind a DataFrame that is nothing else, for workers to read themselves.

Spark reads a column of vectors in the JVM, a number at a time, and sends it to Python; a worker
that opens the file itself has the same numbers in a tenth of the time (docs/pca.md). That is done
only where it cannot be told from the outside.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql.types import ArrayType

from fruits.errors import InputError
from fruits.spark.ml.vectors import kind_of
from fruits.storage.uri import canonical

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SETTING: Final = "spark.fruits.readFiles"
"""Set to false, everything is read by Spark."""

PARQUET: Final = "org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat"
_RELATION: Final = "LogicalRelation"
_PROJECT: Final = "Project"
_COLUMN: Final = "AttributeReference"

GROUP_BYTES: Final = 128 * 2**20
"""The size of a group of files: half a second's work, which makes 6.5 MB to merge (d = 1280)."""

MOST_GROUPS: Final = 256

Piece = tuple[str, int, int]
"""A file's path, and the row groups of it from one number up to another."""


def plain_files(frame: "DataFrame", name: str) -> list[str] | None:
    """Return the paths of the local Parquet files whose rows are the frame's; None if unsure.

    Unsure means: anything but columns chosen from `spark.read.parquet` (a filter, a computed
    column, another format, Delta, Iceberg, a cached frame), Vectors instead of arrays, files of
    another machine or storage, Spark Connect, or `spark.fruits.readFiles` set to false.
    """
    if "." in name or not isinstance(kind_of(frame, name), ArrayType) or not _allowed(frame):
        return None
    plan = _plan_of(frame)
    if plan is None or not _is_plain(plan):
        return None
    uris = frame.inputFiles()
    if not uris or not all(map(_is_here, uris)):
        return None
    files = sorted(map(canonical, uris))
    return files if _opens(files[0]) else None


def group_pieces(files: Sequence[str]) -> list[list[Piece]]:
    """Cut files into groups of pieces that depend on the files alone, never on the workers.

    Never more than MOST_GROUPS, since each group makes a matrix that has to be merged. Raises
    InputError for a file that is gone since Spark listed it.
    """
    try:
        sizes = {file: Path(file).stat().st_size for file in files}
    except OSError as exc:
        raise InputError(
            f"cannot read {exc.filename}, which was there when the DataFrame was made: {exc}; "
            "read the folder again with spark.read.parquet"
        ) from exc
    target = max(GROUP_BYTES, sum(sizes.values()) // MOST_GROUPS)
    groups: list[list[Piece]] = [[]]
    filled = 0
    for file in files:
        for piece, size in _pieces(file, sizes[file], target):
            if filled and filled + size > target:
                groups.append([])
                filled = 0
            groups[-1].append(piece)
            filled += size
    return groups


def _pieces(file: str, size: int, target: int) -> Iterator[tuple[Piece, int]]:
    """Cut a file larger than the target by its row groups, as evenly as they are."""
    count = pq.read_metadata(file).num_row_groups
    parts = max(min(round(size / target), count), 1)
    edges = [count * part // parts for part in range(parts + 1)]
    for start, end in zip(edges, islice(edges, 1, None), strict=False):
        yield (file, start, end), size // parts


def _allowed(frame: "DataFrame") -> bool:
    return str(frame.sparkSession.conf.get(SETTING, "true")).lower() != "false"


def _plan_of(frame: "DataFrame") -> Any:  # noqa: ANN401
    """Return Spark's optimised plan; None without a JVM at hand (Spark Connect)."""
    inside = getattr(frame, "_jdf", None)
    return None if inside is None else inside.queryExecution().optimizedPlan()


def _is_plain(plan: Any) -> bool:  # noqa: ANN401
    """Tell whether the plan does nothing but choose columns of Parquet files."""
    while _kind(plan) == _PROJECT:
        if any(_kind(column) != _COLUMN for column in _each(plan.projectList())):
            return False
        plan = plan.child()
    if _kind(plan) != _RELATION:
        return False
    relation = plan.relation()
    return _kind(relation) == "HadoopFsRelation" and _class(relation.fileFormat()) == PARQUET


def _is_here(uri: str) -> bool:
    return uri.startswith("file:/")


def _opens(file: str) -> bool:
    """Tell whether Arrow can read the file too (it may be encrypted, or gone)."""
    try:
        pq.read_metadata(file)
    except (OSError, pa.ArrowException):
        return False
    return True


def _each(sequence: Any) -> Iterator[Any]:  # noqa: ANN401
    return (sequence.apply(index) for index in range(sequence.size()))


def _class(thing: Any) -> str:  # noqa: ANN401
    return str(thing.getClass().getName())


def _kind(thing: Any) -> str:  # noqa: ANN401
    return _class(thing).rpartition(".")[2]
