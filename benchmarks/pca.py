"""PCA on Spark: ours against MLlib's, on the same Parquet files, each in a process of its own.

    python -m benchmarks.pca [--rows 100000] [--columns 1280] [--k 266] [--rounds 1] [--only NAME]

Both read array<float> from the same files on `local[2]` with the same memory; MLlib's needs
Vectors, so its time includes that conversion, as it would in a user's script. `fit` ends with the
model on the driver, `transform` with every row computed and thrown away (Spark's "noop" sink),
the first time and when the JVM's compiler has settled. "Read by Spark" is ours with
`spark.fruits.readFiles=false`, as with data that are not plain Parquet files on a local disk.
Peak memory is the largest resident size of the process tree: driver, JVM and Python workers.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.figures import keep

HERE = Path(__file__).resolve().parent
CONTESTANTS = ("mllib", "ours", "ours, read by Spark")
ROWS_PER_FILE = 12_500
DEFAULT_K = 266
"""What `variance=0.95`, the default, chooses for MobileNetV2 on Fruits-360."""

TRANSFORMS = 6
"""The first finds the JVM cold; the median of the last three is what a long job settles at."""

OFFSET, LARGEST, SMALLEST = 0.5, 1.0, 0.01
"""Drawn vectors look like average-pooled features: away from zero, with a decaying spectrum."""


def main() -> None:
    """Draw the vectors, let the contestants take turns, keep and print the figures."""
    options = parse()
    if options.contestant:
        print(json.dumps(race(options)))
        return
    names = CONTESTANTS if options.only is None else (options.only,)
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory(prefix="fruits-bench-") as folder:
        draw(Path(folder), rows=options.rows, columns=options.columns)
        for _ in range(options.rounds):
            for name, measured in runs.items():
                measured.append(in_own_process(name, folder, options))
    facts = {"rows": options.rows, "columns": options.columns, "k": options.k, "runs": runs}
    print(table(runs))
    keep("pca", facts)


def draw(folder: Path, *, rows: int, columns: int) -> None:
    """Write `rows` vectors float32[columns] as Parquet files of ROWS_PER_FILE rows each."""
    rng = np.random.default_rng(0)
    basis, _ = np.linalg.qr(rng.standard_normal((columns, columns)).astype(np.float32))
    basis *= np.geomspace(LARGEST, SMALLEST, columns, dtype=np.float32)[:, None]
    for start in range(0, rows, ROWS_PER_FILE):
        count = min(ROWS_PER_FILE, rows - start)
        x = rng.standard_normal((count, columns), dtype=np.float32) @ basis + np.float32(OFFSET)
        vectors = pa.ListArray.from_arrays(
            pa.array(np.arange(0, x.size + 1, columns, dtype=np.int32)), pa.array(x.ravel())
        )
        table = pa.table({"number": np.arange(start, start + count), "features": vectors})
        pq.write_table(table, folder / f"{start:09d}.parquet")


def in_own_process(name: str, folder: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run one contestant and watch the memory of its processes."""
    command = [sys.executable, "-m", "benchmarks.pca", "--contestant", name, "--data", folder]
    command += ["--k", str(options.k), "--master", options.master, "--memory", options.memory]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parent)
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(process, peak))
    watcher.start()
    printed, _ = process.communicate()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{name} failed with {process.returncode}")
    facts: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return facts | {"peak_mb": round(peak[0] / 2**20)}


def _watch(process: "subprocess.Popen[str]", peak: list[int]) -> None:
    while process.poll() is None:
        total = 0
        try:
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(True)]
        except psutil.NoSuchProcess:
            return
        for member in family:
            try:
                total += member.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        peak[0] = max(peak[0], total)
        time.sleep(0.5)


def race(options: argparse.Namespace) -> dict[str, Any]:
    """Start Spark, fit and transform once each, warm up nothing: as a job would."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable  # the one that has numpy and Arrow
    builder = SparkSession.builder.master(options.master).appName("pca")
    settings = {
        "spark.driver.memory": options.memory,
        "spark.driver.maxResultSize": "0",
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    if options.contestant == "ours, read by Spark":
        settings["spark.fruits.readFiles"] = "false"
    for key, value in settings.items():
        builder = builder.config(key, value)
    started = time.perf_counter()
    spark = builder.getOrCreate()
    frame = spark.read.parquet(options.data)
    frame.count()
    ready = time.perf_counter()
    model, given = (_fit_mllib if options.contestant == "mllib" else _fit_ours)(frame, options.k)
    fitted = time.perf_counter()
    transforms = [_transform(model, given) for _ in range(TRANSFORMS)]
    spark.stop()
    return {
        "start": round(ready - started, 2),
        "fit": round(fitted - ready, 2),
        "transform": round(transforms[0], 2),
        "settled": round(statistics.median(transforms[-3:]), 2),
    }


def _transform(model: Any, frame: Any) -> float:  # noqa: ANN401
    started = time.perf_counter()
    made = model.transform(frame).select("number", "pca")
    made.write.format("noop").mode("overwrite").save()
    return time.perf_counter() - started


def _fit_mllib(frame: Any, k: int) -> tuple[Any, Any]:  # noqa: ANN401
    from pyspark.ml.feature import PCA
    from pyspark.ml.functions import array_to_vector

    given = frame.withColumn("features", array_to_vector("features"))
    return PCA(k=k, inputCol="features", outputCol="pca").fit(given), given


def _fit_ours(frame: Any, k: int) -> tuple[Any, Any]:  # noqa: ANN401
    from fruits import PCA

    return PCA(k=k, inputCol="features", outputCol="pca").fit(frame), frame


def table(runs: dict[str, list[dict[str, Any]]]) -> str:
    """Lay the medians out as Markdown, with the ratios of MLlib's to ours where both ran."""
    lines = ["| | " + " | ".join(runs) + " | MLlib ÷ ours |", "|---" * (len(runs) + 2) + "|"]
    for key in ("start", "fit", "transform", "settled", "peak_mb"):
        medians = [statistics.median(run[key] for run in runs[name]) for name in runs]
        cells = " | ".join(f"{value:g}" for value in medians)
        ratio = f"{medians[0] / medians[1]:.2f}" if len(medians) > 1 else ""
        lines.append(f"| {key} | {cells} | {ratio} |")
    return "\n".join(lines)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=1280)
    parser.add_argument("--k", type=int, default=DEFAULT_K)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--memory", default="4g", help="of the driver's JVM")
    parser.add_argument("--only", choices=CONTESTANTS, help="run one contestant alone")
    parser.add_argument("--contestant", choices=CONTESTANTS, help=argparse.SUPPRESS)
    parser.add_argument("--data", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
