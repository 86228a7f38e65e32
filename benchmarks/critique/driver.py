"""What one machine, the driver, has to carry in our chain, and how that grows with the images."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.critique.loads import DIM, SMALL_BYTES, etag_of, path_of
from benchmarks.networks import SHARED
from fruits.storage.source import ImageRef, open_source
from fruits.work.moments import FILES_PER_GROUP
from fruits.work.units import MAX_IMAGES, cut_units

KNOWN: Final = 200_000
FILES: Final = (500, 2_000, 8_000)
GROUPS: Final = (10, 120)
WIDTHS: Final = (512, 1280, 2048, 4096)
SLOTS: Final = 12
CUT: Final = 100_000
SERIAL: Final = ("list", "reduce", "publish")


def measure(output: str) -> dict[str, Any]:
    """Measure everything; `output` is a finished run, for the sizes of its files."""
    names = in_own_process("known", KNOWN)
    return {
        "known": names,
        "names_ten_million": 10**7 * (names["known_bytes"] + names["listed_bytes"]),
        "commits": [in_own_process("commits", files) for files in FILES],
        "moments": [in_own_process("moments", groups) for groups in GROUPS],
        "moments_photos": GROUPS[-1] * FILES_PER_GROUP * MAX_IMAGES,
        "moments_million": 10**6 / (FILES_PER_GROUP * MAX_IMAGES) * DIM * DIM * 8,
        "eigh": {
            str(threads): [in_own_process("eigh", d, threads) for d in WIDTHS] for threads in (1, 2)
        },
        "units": units(),
        "matrix": matrix(Path(output)),
    }


def in_own_process(name: str, count: int, threads: int | None = None) -> dict[str, Any]:
    """Run one measurement where no other has left anything in memory."""
    limit = {} if threads is None else {"OPENBLAS_NUM_THREADS": str(threads)}
    command = [sys.executable, "-m", "benchmarks.critique.loads", name, str(count)]
    done = subprocess.run(
        command, env=os.environ | limit, stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def units() -> dict[str, Any]:
    """Cut 100,000 small photos, and as many of a phone, into units: files, groups, moments."""
    sizes = sizes_of("phone-photos")
    found = {"phone_bytes": float(np.mean(sizes))}
    found["small_bytes"] = float(np.mean(sizes_of("fruits-360")))
    for name, given in (("small", [SMALL_BYTES]), ("phone", sizes)):
        refs = [ImageRef(path_of(at), given[at % len(given)], at, etag_of(at)) for at in range(CUT)]
        cut = cut_units(refs, slots=SLOTS)
        found[f"{name}_packed_bytes"] = sum(len(unit.pack()) for unit in cut) / len(refs)
        files = len(cut)
        groups = -(-files // FILES_PER_GROUP)
        found |= {f"{name}_files": files, f"{name}_groups": groups}
        found[f"{name}_per_file"] = len(refs) / files
        found |= {f"{name}_moments_bytes": groups * DIM * DIM * 8}
    return found


def sizes_of(archive: str) -> list[int]:
    """Return the sizes of an archive's photos in bytes."""
    source = open_source(str(SHARED / f"{archive}.zip"))
    return [ref.size for page in source.pages() for ref in page]


def matrix(output: Path) -> dict[str, Any]:
    """Read the sizes and the seconds of a finished run."""
    report = json.loads((output / "report.json").read_text("utf-8"))
    rows = report["matrix_rows"]
    files = {name: (output / "matrix" / f"matrix.{name}").stat().st_size / rows
             for name in ("csv", "parquet")}  # fmt: skip
    parts = [file for file in (output / "features").rglob("*.parquet") if file.is_file()]
    return {
        "rows": rows,
        "components": report["pca"]["components"],
        "csv_bytes": files["csv"],
        "parquet_bytes": files["parquet"],
        "features_bytes": sum(file.stat().st_size for file in parts) / rows,
        "feature_files": len(parts),
        "runner": report["runner"],
        "seconds": report["seconds"],
        "serial_seconds": sum(report["seconds"][name] for name in SERIAL) / rows,
        "efficiency": report["throughput"]["efficiency"],
        "images_per_second": report["throughput"]["images_per_second"],
        "peak_worker_mb": report["peak_worker_rss_mb"],
    }
