"""Writes what a run is for: the matrix as CSV and Parquet, the fitted PCA, the report."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fruits.errors import InputError
from fruits.reduction.moments import Moments
from fruits.reduction.npz import load, save
from fruits.reduction.pca import FittedPca, components_for
from fruits.report.facts import PcaFacts, RunReport
from fruits.report.packed import PackReport
from fruits.runners.seam import Runner
from fruits.schema import MATRIX_KEYS, component_names
from fruits.stages.scratch import scratch_folder
from fruits.storage.names import MATRIX_CSV, MATRIX_PARQUET, PCA_JSON, PCA_NPZ, REPORT_JSON
from fruits.storage.output import Output
from fruits.work.moments import FILES_PER_GROUP, group_files
from fruits.work.projection import ProjectFiles, matrix_schema

LEVELS: Final = (0.80, 0.90, 0.95)


def write_matrix(runner: Runner, output: Output, files: Sequence[str], *, pca: FittedPca) -> int:
    """Project the vectors of `files` and write both matrix files; return their number of rows.

    The workers project and format; the driver strings their pieces together, one at a time.
    """
    with scratch_folder(output, "matrix") as folder:
        task = ProjectFiles(output.uri, folder, runner.share(_light(pca)))
        groups = group_files(files, most=_files_per_piece(len(files), runner.slots))
        pieces = [json.loads(result) for result in runner.run(task, groups)]
        names = [name for name, _ in pieces]
        with ThreadPoolExecutor(2, thread_name_prefix="fruits-join") as pool:
            joins = [
                pool.submit(join, output, names, components=len(pca.components))
                for join in (_join_csv, _join_parquet)
            ]
        for joined in joins:
            joined.result()
    return sum(rows for _, rows in pieces)


def _files_per_piece(files: int, slots: int) -> int:
    """Choose pieces small enough that all slots end together, and few where there are many."""
    return min(max(files // (4 * slots), 1), FILES_PER_GROUP)


def _join_csv(output: Output, names: Sequence[str], *, components: int) -> None:
    header = ",".join(f'"{name}"' for name in (*MATRIX_KEYS, *component_names(components)))
    with output.open_write(MATRIX_CSV) as file:
        file.write(f"{header}\n".encode())
        for name in names:
            file.write(_piece(output, f"{name}.csv"))


def _join_parquet(output: Output, names: Sequence[str], *, components: int) -> None:
    schema = matrix_schema(components)
    options: dict[str, Any] = {
        "compression": "zstd",
        "compression_level": 1,
        # A component's numbers hardly ever repeat; names in statistics would outlive an erasure.
        "use_dictionary": ["split", "label"],
        "write_statistics": False,
    }
    with output.open_write(MATRIX_PARQUET) as file, pq.ParquetWriter(file, schema, **options) as to:
        for name in names:
            piece = pa.py_buffer(_piece(output, f"{name}.arrow"))
            to.write_table(pa.ipc.open_stream(piece).read_all())


def _piece(output: Output, name: str) -> bytes:
    content = output.read(name)
    assert content is not None, f"a piece of the matrix vanished: {name}"
    return content


def _light(pca: FittedPca) -> FittedPca:
    """Leave out the moments (13 MB at d = 1280), which a projection does not need."""
    return replace(pca, moments=Moments.empty(0))


def write_pca(output: Output, pca: FittedPca, *, metadata: Mapping[str, Any]) -> None:
    """Write the fitted PCA (numpy's npz) and, last, what it is and was made of (JSON)."""
    output.write(PCA_NPZ, save(pca))
    facts = dict(metadata) | {
        "components": len(pca.components),
        "n_samples": pca.n_samples,
        "needed": levels_needed(pca),
    }
    output.write(PCA_JSON, json.dumps(facts, indent=2).encode())


def read_current_pca(output: Output, *, basis: str) -> FittedPca | None:
    """Return the published PCA if it and the matrix were made of this very basis, else None."""
    facts, content = output.read(PCA_JSON), output.read(PCA_NPZ)
    there = set(output.names("matrix")) >= {"matrix.csv", "matrix.parquet"}
    if facts is None or content is None or not there or json.loads(facts).get("basis") != basis:
        return None
    try:
        return load(content)
    except InputError:  # cut short, or written before the PCA had all of today's arrays
        return None


def basis_of(files: Sequence[str], components: int | float) -> str:
    """Identify what a PCA is made of: the feature files (immutable, so by name) and the wish."""
    return hashlib.sha256(json.dumps([list(files), components]).encode()).hexdigest()


def describe_pca(pca: FittedPca) -> PcaFacts:
    """Return the facts of a fitted PCA for the report."""
    ratios = pca.explained_variance_ratio
    return PcaFacts(
        components=len(ratios),
        explained_variance_ratio=ratios.tolist(),
        cumulative=np.cumsum(ratios).tolist(),
        needed=levels_needed(pca),
        n_samples=pca.n_samples,
    )


def levels_needed(pca: FittedPca) -> dict[str, int | None]:
    """Tell how many components 80, 90 and 95 % of the variance need; None: out of reach."""
    return {f"{level:.0%}": components_for(pca, level) for level in LEVELS}


def write_report(output: Output, report: RunReport | PackReport) -> None:
    """Write `report.json`."""
    output.write(REPORT_JSON, report.to_json())
