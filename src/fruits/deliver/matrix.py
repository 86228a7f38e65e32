"""A matrix that is whole: the rows and columns that its report tells, a number in every cell."""

from collections.abc import Callable, Iterator
from typing import Final

import pyarrow as pa

from fruits.deliver.finding import Finding, missing, ok, wrong
from fruits.deliver.shape import READERS, Shape
from fruits.report.facts import RunReport
from fruits.report.results import Results
from fruits.schema import MATRIX_KEYS, component_names
from fruits.storage.output import Output
from fruits.storage.tables import FEATURES_TABLE, Table

MATRIX: Final = "matrix"
REDUCE: Final = "`fruits reduce --output {}` writes the matrix again"


def check_matrix(results: Results) -> list[Finding]:
    """Return what is to be said of both files, and of their agreement with the report.

    Reads them a few megabytes at a time.
    """
    findings, shapes = [], []
    for name, read in READERS.items():
        finding, shape = _check_file(results, name, read)
        findings.append(finding)
        shapes += [] if shape is None else [shape]
    if len(shapes) == len(READERS):
        findings.append(_check_rows(results, shapes))
    return findings


def _check_file(
    results: Results, name: str, read: Callable[[Output, int], Shape]
) -> tuple[Finding, Shape | None]:
    again = REDUCE.format(results.output.uri)
    components = _components(results.facts)
    if not results.output.exists(name):
        return missing(name, "not there", again), None
    try:
        shape = read(results.output, components)
    except (pa.ArrowException, OSError) as exc:
        return wrong(name, f"cannot be read: {str(exc).splitlines()[0]}", again), None
    if shape.columns != [*MATRIX_KEYS, *component_names(components)]:
        found = (
            f"{len(shape.columns)} columns, not {len(MATRIX_KEYS)} keys, {components} components"
        )
        return wrong(name, found, again), None
    if shape.holes:
        return wrong(name, f"{shape.holes:,} cells hold no finite number", again), None
    return ok(name, f"{shape.rows:,} rows of {components} components"), shape


def _check_rows(results: Results, shapes: list[Shape]) -> Finding:
    """Compare the rows with each other, with the report, and with the features they come from."""
    parquet, csv = shapes
    again = REDUCE.format(results.output.uri)
    if parquet.rows != csv.rows:
        found = f"{parquet.rows:,} rows in Parquet, {csv.rows:,} in CSV"
        return wrong(MATRIX, found, again)
    if parquet.order != csv.order:
        return wrong(MATRIX, "CSV and Parquet hold other images, or another order", again)
    for what, count in _expected(results):
        if count != parquet.rows:
            return wrong(MATRIX, f"{parquet.rows:,} rows, {count:,} {what}", again)
    agreed = ", ".join(what for what, _ in _expected(results))
    return ok(MATRIX, f"{parquet.rows:,} rows, the same images in both files, as {agreed}")


def _expected(results: Results) -> Iterator[tuple[str, int | None]]:
    """Yield where else the number of rows is told; features may have stayed on the cluster."""
    facts, features = results.facts, Table(results.output, FEATURES_TABLE)
    yield "in the report", facts.matrix_rows
    yield "in the PCA", facts.pca.n_samples if facts.pca else None
    if features.version() is not None:
        yield "in features/", features.count(facts.model.fingerprint)


def _components(facts: RunReport) -> int:
    return facts.pca.components if facts.pca else 0
