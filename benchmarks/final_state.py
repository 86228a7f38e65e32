"""What a run leaves in its output, read as a stranger would, and how two outputs differ."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from deltalake import DeltaTable

State = Mapping[str, pa.Table]
"""Tables by what they are, each of them sorted by path."""

TABLES = ("features", "rejected")
TOLERANCE = 1e-6
"""Between two matrices: which images share a feature file depends on which run did them, and with
it the order of the additions. (Measured: the scores, float32 up to 0.7, do not differ at all.)"""


def read_state(output: Path) -> State:
    """Read all results of a completed run, the tables by their log and as plain Parquet folders."""
    state = {name: _sorted(_committed(output / name)) for name in TABLES}
    for name in TABLES:
        state[f"{name}, as plain Parquet"] = _sorted(_plain(output / name))
    state["matrix"] = _sorted(pq.read_table(output / "matrix" / "matrix.parquet"))
    state["matrix, as CSV"] = _sorted(_csv(output / "matrix" / "matrix.csv"))
    return state


def _committed(folder: Path) -> pa.Table:
    return DeltaTable(str(folder)).to_pyarrow_table()


def _plain(folder: Path) -> pa.Table:
    files = sorted(folder.rglob("*.parquet"))
    return ds.dataset(
        [str(file) for file in files if "_delta_log" not in file.parts],
        schema=DeltaTable(str(folder)).to_pyarrow_dataset().schema,
        partitioning=ds.partitioning(flavor="hive"),
        partition_base_dir=str(folder),
        format="parquet",
    ).to_table()


def _csv(file: Path) -> pa.Table:
    texts = dict.fromkeys(("image_id", "path", "split", "label"), pa.string())
    return pa_csv.read_csv(
        file, convert_options=pa_csv.ConvertOptions(column_types=texts, strings_can_be_null=False)
    )


def _sorted(table: pa.Table) -> pa.Table:
    """Sort by path and drop what tells one run from another."""
    kept = [name for name in table.column_names if name != "run_id"]
    return table.select(kept).sort_by("path")


def differences(state: State, reference: State) -> list[str]:
    """Say where a state is not the reference's: nothing if it is, row for row."""
    found = []
    for name, expected in reference.items():
        table = state[name]
        if table.column("path") != expected.column("path"):
            found.append(f"{name}: {_paths_apart(table, expected)}")
        elif wrong := [key for key in expected.column_names if _differ(table, expected, key)]:
            found.append(f"{name}: other values in {', '.join(wrong[:5])}")
    return found


def _differ(table: pa.Table, expected: pa.Table, key: str) -> bool:
    if key not in table.column_names:
        return True
    one, other = table.column(key), expected.column(key)
    if not key.startswith("pc_"):
        return not one.combine_chunks().equals(other.combine_chunks())
    return not np.allclose(one.to_numpy(), other.to_numpy(), rtol=0, atol=TOLERANCE)


def _paths_apart(table: pa.Table, expected: pa.Table) -> str:
    paths, wanted = table.column("path").to_pylist(), expected.column("path").to_pylist()
    lost, strange = set(wanted) - set(paths), set(paths) - set(wanted)
    doubled = len(paths) - len(set(paths))
    return f"{len(lost)} paths lost, {len(strange)} strange, {doubled} doubled"


def unreadable(output: Path) -> list[str]:
    """Say what is wrong with the tables of a run that died: a row too many, a file that is gone."""
    paths: list[str] = []
    try:
        paths = committed_paths(output)
    except Exception as exc:  # noqa: BLE001  (whatever a reader may meet is what we look for)
        return [f"tables cannot be read: {type(exc).__name__}: {exc}"]
    doubled = len(paths) - len(set(paths))
    return [f"{doubled} images have two rows"] if doubled else []


def committed_paths(output: Path) -> list[str]:
    """Return the path of every committed row, in either table."""
    folders = [output / name for name in TABLES if DeltaTable.is_deltatable(str(output / name))]
    tables = [DeltaTable(str(folder)).to_pyarrow_table(columns=["path"]) for folder in folders]
    return [path for table in tables for path in table.column("path").to_pylist()]


def saved_paths(output: Path) -> set[str]:
    """Return the images that the next run need not do: committed, or in a receipt."""
    return {*committed_paths(output), *_receipted_paths(output)}


def _receipted_paths(output: Path) -> Iterator[str]:
    for file in (output / "_fruits" / "receipts").glob("*/[!.]*.json"):
        receipt: dict[str, Any] = json.loads(file.read_bytes())
        for table, key in zip(TABLES, ("features", "rejects"), strict=True):
            if receipt[key]:
                part = output / table / receipt[key]["path"]
                yield from pq.ParquetFile(part).read(["path"]).column("path").to_pylist()


def count_rows(state: State) -> int:
    """Count the images of a state, featurised or rejected."""
    return sum(int(pc.count(state[name].column("path")).as_py()) for name in TABLES)


def litter(output: Path, *, reference: Path) -> list[str]:
    """Name the files that a run has left and the undisturbed one has not, whatever their kind."""
    usual = {_kind(name) for name in _files(reference)}
    return sorted(name for name in _files(output) if _kind(name) not in usual)


def _files(output: Path) -> list[str]:
    return [file.relative_to(output).as_posix() for file in output.rglob("*") if file.is_file()]


def _kind(name: str) -> str:
    """Leave out what differs from run to run: a part's name, a commit's number."""
    name = re.sub(r"^(features/model=\w+|rejected)/[^./][^/]*\.parquet$", r"\1/part", name)
    return re.sub(r"_delta_log/\d+\.json$", "_delta_log/commit", name)


def inconsistencies(report: Mapping[str, Any], *, images: int, rows: int) -> list[str]:
    """Say which counts of a `report.json` do not fit `images` files and `rows` of features."""
    counts = report["images"]
    done = counts["skipped"] + counts["featurised"] + counts["rejected"]
    found = {"listed": counts["listed"], "skipped + featurised + rejected": done}
    wrong = {name: count for name, count in found.items() if count != images}
    if report["matrix_rows"] != rows:
        wrong["matrix_rows"] = report["matrix_rows"]
    return [f"report.json: {name} = {count}" for name, count in wrong.items()]
