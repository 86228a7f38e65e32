"""Reads an output back as a stranger would: with pyarrow, numpy and pandas, not with fruits."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq


def feature_rows(output: Path) -> list[dict[str, Any]]:
    """Read features/ as a plain Hive-partitioned Parquet folder, ignoring the Delta log."""
    rows = ds.dataset(
        output / "features", format="parquet", partitioning="hive", exclude_invalid_files=True
    )
    return sorted(rows.to_table().to_pylist(), key=lambda row: row["path"])


def features(output: Path) -> np.ndarray:
    """Return the vectors as float32[n, dim], sorted by path."""
    return np.array([row["features"] for row in feature_rows(output)], np.float32)


def rejects(output: Path) -> dict[str, str]:
    """Map the rejected paths to their reasons."""
    rows = ds.dataset(output / "rejected", format="parquet").to_table(columns=["path", "reason"])
    return {row["path"]: row["reason"] for row in rows.to_pylist()}


def matrix(output: Path) -> tuple[list[str], np.ndarray]:
    """Read matrix.parquet: its paths, and the scores as float32[n, k]."""
    table = pq.read_table(output / "matrix" / "matrix.parquet")
    scores = [table.column(name) for name in table.column_names if name.startswith("pc_")]
    return table.column("path").to_pylist(), np.array(scores, np.float32).T


def csv_matrix(output: Path) -> tuple[list[str], list[list[str]]]:
    """Read matrix.csv with the standard library: its header and its rows."""
    with (output / "matrix" / "matrix.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    return header, rows


def report(output: Path) -> dict[str, Any]:
    """Read report.json."""
    facts: dict[str, Any] = json.loads((output / "report.json").read_text("utf-8"))
    return facts
