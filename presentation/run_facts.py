"""An output of `fruits run` → the facts of the run, of its photos and of its PCA."""

from collections import Counter
from pathlib import Path
from typing import Any, Final

from fruits.models.model import load_model
from fruits.report.facts import PcaFacts, RunReport
from fruits.report.results import Results, read_results
from fruits.schema import LABEL, SPLIT
from fruits.storage.names import MATRIX_CSV, MATRIX_PARQUET
from fruits.storage.tables import FEATURES_TABLE, Table

MEGABYTE: Final = 1e6
FLOAT64_BYTES: Final = 8


def run_facts(output: Path) -> dict[str, Any]:
    """Return what the slides say of a run; InputError where the output lacks report or matrix."""
    results = read_results(str(output))
    report = results.facts
    if report.pca is None or report.spark is None or report.throughput.efficiency is None:
        raise ValueError(f"{output}: the slides tell of a whole run on Spark: `fruits run`")
    return (
        _course(report)
        | _photos(results)
        | _network(report)
        | _spectrum(report.pca, report.model.dim)
        | _files(results, output)
    )


def _course(report: RunReport) -> dict[str, Any]:
    work, spent = report.worker_seconds, sum(report.worker_seconds.values())
    return {
        "run.started": report.started[:10],
        "run.images": report.images.featurised,
        "run.seconds": report.seconds["total"],
        "run.rate": report.throughput.images_per_second,
        "run.efficiency": report.throughput.efficiency,
        "run.slots": report.slots,
        "run.worker_mb": report.peak_worker_rss_mb,
        "run.spark": (report.spark or {})["version"],
        "run.work.shares": [work[key] / spent for key in ("embed", "prepare", "write", "rows")]
        + [work["fetch"] / spent],
        "run.work.embed": work["embed"] / spent,
        "run.work.prepare": work["prepare"] / spent,
    }


def _photos(results: Results) -> dict[str, Any]:
    keys = results.columns([LABEL, SPLIT])
    labels, splits = keys[LABEL].to_pylist(), keys[SPLIT].to_pylist()
    told = Table(results.output, FEATURES_TABLE).scan(["width", "height", "size"])
    tables = [table for _, table in told]
    sides = {side for t in tables for key in ("width", "height") for side in t[key].to_pylist()}
    if len(sides) != 1:
        raise ValueError(f"photos of {sorted(sides)} pixels: the slides speak of one size")
    sizes = [size for table in tables for size in table["size"].to_pylist()]
    each = _training_each(labels, splits)
    return {
        "data.classes": len(set(labels)),
        "data.training": splits.count("training"),
        "data.test": splits.count("test"),
        "data.training.each": each,
        "data.side": sides.pop(),
        "data.kilobytes": sum(sizes) / len(sizes) / 1000,
    }


def _training_each(labels: list[str], splits: list[str]) -> int:
    """How many Training photos each class has; ValueError where classes differ."""
    pairs = zip(labels, splits, strict=True)
    counts = {*Counter(label for label, split in pairs if split == "training").values()}
    if len(counts) != 1:
        raise ValueError(f"classes of {min(counts)} to {max(counts)} photos: the slides say equal")
    return counts.pop()


def _network(report: RunReport) -> dict[str, Any]:
    """The frozen network of the run, from the cache of the machine where the run was."""
    model = load_model(
        report.model.name, weights=None, fit=report.fit, precision="f32", backend="onnx"
    )
    if model.fingerprint != report.model.fingerprint:
        raise ValueError(f"the network here is not the run's: {model.fingerprint}")
    return {
        "network.side": model.input_size[0],
        "network.dim": model.dim,
        "network.megabytes": len(model.payload.content) / MEGABYTE,
        "network.tensorflow": report.model.details["tensorflow"],
    }


def _spectrum(pca: PcaFacts, dim: int) -> dict[str, Any]:
    levels = [float(share.rstrip("%")) / 100 for share in pca.needed]
    needed = list(pca.needed.values())
    named = zip(("low", "middle", "high"), levels, needed, strict=True)
    facts: dict[str, Any] = {}
    for name, level, count in named:
        facts |= {f"pca.level.{name}": level, f"pca.needed.{name}": count}
    return facts | {
        "pca.first": pca.explained_variance_ratio[0],
        "pca.scree": list(pca.explained_variance_ratio[:20]),
        "pca.cumulative": list(pca.cumulative),
        "pca.moments_mb": dim * dim * FLOAT64_BYTES / MEGABYTE,
    }


def _files(results: Results, output: Path) -> dict[str, Any]:
    if results.facts.matrix_rows != results.rows:
        raise ValueError(f"{output}: the matrix has {results.rows} rows, not those of the report")
    sizes = {name: (output / name).stat().st_size / MEGABYTE for name in
             (MATRIX_CSV, MATRIX_PARQUET)}  # fmt: skip
    return {
        "matrix.rows": results.rows,
        "matrix.csv_mb": sizes[MATRIX_CSV],
        "matrix.parquet_mb": sizes[MATRIX_PARQUET],
    }
