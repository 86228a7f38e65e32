"""Removes images from everything an output holds, and publishes again what was made of the rest."""

import io
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import pyarrow.parquet as pq

from fruits import __version__
from fruits.errors import FruitsError
from fruits.report.posted import FOLDER as POSTED
from fruits.schema import IMAGE_ID, MODEL, PATH
from fruits.stages.course import Course
from fruits.stages.erasure import Intent, Proof, proofs_of, slow_digests, unfinished
from fruits.stages.foundation import FOLDER as MOMENTS
from fruits.stages.ledger import adopt_receipts
from fruits.stages.network import recall_facts
from fruits.stages.reduce import reduce_features
from fruits.stages.tables import Tables
from fruits.storage.names import (
    FIGURES,
    MATRIX_CSV,
    MATRIX_PARQUET,
    PCA_JSON,
    PCA_NPZ,
    REPORT_HTML,
)
from fruits.storage.output import Output
from fruits.storage.tables import FEATURES_TABLE, REJECTED_TABLE, Table
from fruits.storage.versions import purge_versions

DERIVED: Final = (PCA_JSON, MATRIX_CSV, MATRIX_PARQUET, PCA_NPZ, REPORT_HTML)
"""What is made of the features: `PCA_JSON` first, which vouches for the others.

The page of a report shows the images themselves; it is made again by `fruits report`.
"""

Rows = dict[str, dict[str, set[str]]]
"""Paths by model by table."""


@dataclass(frozen=True)
class Wish:
    """The images to erase: paths as the tables spell them, and ids (sha256 of the files)."""

    paths: Collection[str] = ()
    ids: Collection[str] = ()

    @property
    def names(self) -> frozenset[str]:
        """Paths and ids together."""
        return frozenset(self.paths) | frozenset(self.ids)


@dataclass(frozen=True)
class Erased:
    """What a call found, or would: rows by table, and the proofs, also of earlier erasures."""

    done: bool
    rows: dict[str, int]
    files_removed: int = 0
    versions_removed: int = 0
    matrix_rows: int | None = None
    proofs: list[str] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)


def foresee(output: Output, tables: Tables, wish: Wish) -> Erased:
    """Count what `erase` would remove; nothing is written."""
    found = find_rows(tables, Intent.of(all_names(tables, wish)))
    return Erased(False, _counted(found), earlier=list(proofs_of(output, wish.names)))


def erase(course: Course, wish: Wish) -> Erased:
    """Remove the images' rows from every table, version and file, and all that was made of them.

    What an interrupted call has begun is finished first. Raises FruitsError where a trace is left.
    """
    course.take_lease()
    adopt_receipts(course.output, course.tables, confirm=course.confirm_lease)
    finished = [_carry_out(course, intent) for intent in unfinished(course.output)]
    earlier = list(proofs_of(course.output, wish.names))
    names = all_names(course.tables, wish)
    if not find_rows(course.tables, Intent.of(names)):
        return _summed(finished, earlier)
    intent = _intend(course, names)
    result = _carry_out(course, intent)
    _check_traces(course, intent, names)
    return _summed([*finished, result], earlier)


def all_names(tables: Tables, wish: Wish) -> frozenset[str]:
    """Return the names wished for, and the paths at which images of these ids lie.

    With them every row of a path goes, those of other networks and rejects too.
    """
    found = find_rows(tables, Intent.of(wish.names))
    paths = {path for models in found.values() for paths in models.values() for path in paths}
    return wish.names | paths


def find_rows(tables: Tables, intent: Intent) -> Rows:
    """Find the rows of the images that an intent covers, by path or by id."""
    found: Rows = {}
    for table in (tables.kept, tables.rejected):
        for model, path in _matching(table, intent):
            found.setdefault(table.name, {}).setdefault(model, set()).add(path)
    return found


def _matching(table: Table, intent: Intent) -> Iterator[tuple[str, str]]:
    rejects = table.name == REJECTED_TABLE
    for model, rows in table.scan([PATH, MODEL] if rejects else [PATH, IMAGE_ID]):
        second = rows.column(MODEL if rejects else IMAGE_ID).to_pylist()
        for path, other in zip(rows.column(PATH).to_pylist(), second, strict=True):
            if intent.covers(path) or (not rejects and intent.covers(other)):
                yield (other if rejects else model), path


def _intend(course: Course, names: Collection[str]) -> Intent:
    """Write down what is to go and what is to be published again, before anything goes."""
    published = json.loads(course.output.read(PCA_JSON) or b"{}")
    intent = Intent.of(names)
    intent = replace(
        intent,
        proven=tuple(slow_digests(names, intent.salt)),
        rows=_counted(find_rows(course.tables, intent)),
        model=published.get("fingerprint"),
        components=published.get("wanted"),
    )
    intent.write(course.output)
    return intent


def _carry_out(course: Course, intent: Intent) -> Erased:
    """Do, or do again, every step of an erasure: each one may have been done before."""
    output, tables = course.output, course.tables
    for name, models in find_rows(tables, intent).items():
        table = tables.rejected if name == REJECTED_TABLE else tables.kept
        for model, paths in models.items():
            course.confirm_lease()
            table.delete(sorted(paths), model=model)
    course.confirm_lease()
    before = set(output.files())
    tables.tidy()
    if tables.kept.name == FEATURES_TABLE:
        _forget_derived(output)
        _publish_again(course, intent)
    removed = len(before - set(output.files()))
    versions = purge_versions(output)
    proof = Proof(
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        fruits_version=__version__,
        salt=intent.salt,
        digests=intent.proven,
        rows=intent.rows,
        files_removed=removed,
        versions_removed=versions,
        matrix_rows=course.matrix_rows,
    )
    name = proof.write(output, intent.number)
    intent.remove(output)
    return Erased(True, intent.rows, removed, versions, course.matrix_rows, [output.uri_of(name)])


def _forget_derived(output: Output) -> None:
    for name in DERIVED:
        output.remove(name)
    for folder in (
        MOMENTS,
        POSTED,
        FIGURES,
    ):  # what a driver posted may quote an error that names an image
        for name in output.names(folder):
            output.remove(f"{folder}/{name}")


def _publish_again(course: Course, intent: Intent) -> None:
    """Fit and publish what was published before, of the images that are left, if any are."""
    if intent.model is None or not course.tables.features.files(intent.model):
        return
    course.model = recall_facts(course.output, intent.model)
    course.config = replace(course.config, components=intent.components or 0.95)
    reduce_features(course)


def _check_traces(course: Course, intent: Intent, names: Collection[str]) -> None:
    """Look for the names in the tables and their logs, and byte by byte in all other files.

    But for the matrix, which was written from the tables a moment ago.
    """
    left = [f"{table}/" for table in find_rows(course.tables, intent)]
    spelt = [
        spelling for name in names for spelling in (name.encode(), json.dumps(name).encode()[1:-1])
    ]
    for file in course.output.files():
        content = _searched(course.output, file)
        left += [file] if any(spelling in content for spelling in spelt) else []
    if left:
        raise FruitsError(
            f"erased, but traces are left in {', '.join(sorted(set(left)))} of "
            f"{course.output.uri}: look at these files, and remove them if they are not yours"
        )


def _searched(output: Output, file: str) -> bytes:
    """Return what is to be searched of a file: nothing of those that are looked at otherwise."""
    columns = file.endswith(".parquet")
    if file == MATRIX_CSV or (columns and "_delta_log" not in file):
        return b""
    content = output.read(file) or b""
    if not columns:
        return content
    return json.dumps(pq.read_table(io.BytesIO(content)).to_pylist(), default=str).encode()


def _counted(found: Rows) -> dict[str, int]:
    return {table: sum(map(len, models.values())) for table, models in found.items()}


def _summed(results: Collection[Erased], earlier: list[str]) -> Erased:
    rows: dict[str, int] = {}
    for result in results:
        for table, count in result.rows.items():
            rows[table] = rows.get(table, 0) + count
    return Erased(
        True,
        rows,
        sum(result.files_removed for result in results),
        sum(result.versions_removed for result in results),
        next((r.matrix_rows for r in reversed(list(results))), None),
        [proof for result in results for proof in result.proofs],
        earlier,
    )
