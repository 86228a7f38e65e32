"""What the driver does with N images, made up: names in memory, commits, moments, a decomposition.

    python -m benchmarks.critique.loads known 200000

Each in a process of its own, on an output with real tables; `driver.py` puts them together.
"""

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil
import pyarrow as pa

from fruits.report.facts import ModelFacts
from fruits.runners.local import LocalRunner
from fruits.stages.reduce import gather_files
from fruits.storage.output import Output
from fruits.storage.parts import FEATURES_TABLE, Part, schema_of, write_part
from fruits.storage.source import ImageRef
from fruits.storage.tables import Table
from fruits.work.moments import FILES_PER_GROUP
from fruits.work.units import MAX_IMAGES

MODEL: Final = "f" * 64
DIM: Final = 1280
SMALL_BYTES: Final = 5_000


def known(images: int) -> dict[str, Any]:
    """Read what an output knows of `images`, and hold as many references: megabytes, seconds."""
    with tempfile.TemporaryDirectory(prefix="fruits-bench-") as scratch:
        output = Output(scratch)
        table = Table(output, FEATURES_TABLE)
        parts = [write_rows(output, at, dim=1) for at in range(0, images, MAX_IMAGES)]
        table.append(parts)
        before, began = rss(), time.perf_counter()
        stamps = table.known(MODEL)
        seconds, between = time.perf_counter() - began, rss()
        refs = [ImageRef(path_of(at), SMALL_BYTES, at, etag_of(at)) for at in range(len(stamps))]
        held = rss()
    return {
        "images": len(refs),
        "seconds": seconds,
        "known_bytes": (between - before) / len(refs),
        "listed_bytes": (held - between) / len(refs),
    }


def commits(files: int) -> dict[str, Any]:
    """Commit four more files to a table of `files`: the median seconds of five commits."""
    with tempfile.TemporaryDirectory(prefix="fruits-bench-") as scratch:
        output = Output(scratch)
        table = Table(output, FEATURES_TABLE)
        table.append([write_rows(output, at * MAX_IMAGES, dim=1, rows=1) for at in range(files)])
        spent = []
        for turn in range(5):
            start = (files + 4 * turn) * MAX_IMAGES
            more = [write_rows(output, start + at * MAX_IMAGES, dim=1, rows=1) for at in range(4)]
            began = time.perf_counter()
            table.append(more)
            spent.append(time.perf_counter() - began)
    return {"files": files, "images": files * MAX_IMAGES, "seconds": float(np.median(spent))}


def moments(groups: int) -> dict[str, Any]:
    """Gather the moments of so many groups of files: the driver's peak memory in bytes."""
    runner = LocalRunner(2)
    with tempfile.TemporaryDirectory(prefix="fruits-bench-") as scratch:
        output = Output(scratch)
        table = Table(output, FEATURES_TABLE)
        starts = range(0, groups * FILES_PER_GROUP * 8, 8)
        table.append([write_rows(output, start, dim=DIM, rows=8) for start in starts])
        facts = ModelFacts(name="made up", fingerprint=MODEL, dim=DIM, details={})
        before, began = rss(), time.perf_counter()
        gather_files(runner, output, table.files(MODEL), model=facts)
        seconds = time.perf_counter() - began
    runner.close()
    return {"groups": groups, "seconds": seconds, "peak_bytes": peak(), "before_bytes": before}


def eigh(width: int) -> dict[str, Any]:
    """Decompose one covariance of `width` columns, as the driver does once a fit: seconds."""
    rows = np.random.default_rng(0).standard_normal((width + 1, width))
    scatter = rows.T @ rows
    began = time.perf_counter()
    np.linalg.eigh(scatter)
    seconds = time.perf_counter() - began
    return {"columns": width, "seconds": seconds, "matrix_bytes": scatter.nbytes}


def write_rows(output: Output, start: int, *, dim: int, rows: int = MAX_IMAGES) -> Part:
    """Write a feature file of made-up rows, not yet in the table."""
    numbers = range(start, start + rows)
    vectors = np.random.default_rng(start).standard_normal((rows, dim)).astype(np.float32)
    columns = {
        "image_id": [f"{at:064x}" for at in numbers],
        "path": [path_of(at) for at in numbers],
        "split": ["training"] * rows,
        "label": ["Apple Golden 1"] * rows,
        "width": [100] * rows,
        "height": [100] * rows,
        "size": [SMALL_BYTES] * rows,
        "modified": list(numbers),
        "etag": [etag_of(at) for at in numbers],
        "features": list(vectors),
        "run_id": ["made-up"] * rows,
    }
    schema = schema_of(FEATURES_TABLE)
    made = pa.table({name: pa.array(columns[name], schema.field(name).type) for name in columns})
    return write_part(output, FEATURES_TABLE, made, model=MODEL, name=f"part-{start:012d}")


def path_of(number: int) -> str:
    """Make up a path as long as those of Fruits-360."""
    return f"fruits-360/Training/Apple Golden {number % 3}/r_{number:09d}_100.jpg"


def etag_of(number: int) -> str:
    """Make up an etag as S3 has them."""
    return f'"{hashlib.md5(str(number).encode()).hexdigest()}"'


def peak() -> int:
    """Return this process's largest resident memory in bytes.

    Not `ru_maxrss`, which a process inherits from the one that started it.
    """
    status = Path("/proc/self/status").read_text("utf-8")
    [found] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(found.split()[1]) * 1024


def rss() -> int:
    """Return this process's resident memory in bytes."""
    return int(psutil.Process().memory_info().rss)


MEASUREMENTS: Final[dict[str, Callable[[int], dict[str, Any]]]] = {
    "known": known, "commits": commits, "moments": moments, "eigh": eigh,
}  # fmt: skip

if __name__ == "__main__":
    print(json.dumps(MEASUREMENTS[sys.argv[1]](int(sys.argv[2]))))
