"""A lock → the libraries it names, unpacked for another machine, from wheels alone."""

import csv
import subprocess
import sys
from collections.abc import Collection
from importlib import resources
from pathlib import Path
from typing import Final

from fruits.choices import ClusterExtra, ClusterPlatform
from fruits.errors import CloudError

PYTHON: Final = "3.11"
"""The one Python that EMR 7, EMR Spark 8 and EMR Serverless all have."""

SPARK: Final = "spark"
"""The extra that is in no lock: clusters have a Spark of their own; see spark_files.py."""

PLATFORMS: Final[dict[ClusterPlatform, str]] = {
    "linux-x86_64": "x86_64-manylinux_2_34",
    "linux-aarch64": "aarch64-manylinux_2_34",
}
"""uv's names of the platforms; 2.34 is the glibc of Amazon Linux 2023."""


def lock_file(extras: Collection[ClusterExtra]) -> Path:
    """Return the hash-pinned lock for these extras; `make lock` writes it.

    Raises CloudError inside of a package, which leaves the locks out.
    """
    name = "-".join(["cluster", *sorted(set(extras) - {SPARK})])
    lock = Path(str(resources.files("fruits.cloud") / "locks" / f"{name}.txt"))
    if not lock.is_file():
        raise CloudError(f"{lock} is not here: packages are made where fruits is installed whole")
    return lock


def unpack_dependencies(
    folder: Path, *, platform: ClusterPlatform, extras: Collection[ClusterExtra]
) -> None:
    """Unpack the libraries of the lock into `folder`, as wheels for `platform` have them.

    uv knows for which machine a requirement's markers hold (pip takes its own machine's). It reads
    the index or the folder of wheels that it is configured for, and refuses a file whose hash is
    not in the lock. Raises CloudError when a wheel is missing or cannot be fetched.
    """
    command = [
        *(_uv(), "pip", "install", "--quiet", "--no-progress"),
        *("--target", str(folder), "--python", sys.executable),
        *("--python-platform", PLATFORMS[platform], "--python-version", PYTHON),
        *("--only-binary", ":all:", "--no-deps", "--require-hashes"),
        *("-r", str(lock_file(extras))),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CloudError(
            f"the libraries for {platform} with Python {PYTHON} cannot be gathered: "
            f"{_told(done.stderr)}"
        )


def owners_of_files(folder: Path) -> dict[str, str]:
    """Return, for each unpacked file, the library that brought it, as the wheels record it."""
    owners: dict[str, str] = {}
    for record in folder.glob("*.dist-info/RECORD"):
        name = record.parent.name.partition("-")[0]
        with record.open(encoding="utf-8", newline="") as lines:
            owners |= {row[0]: name for row in csv.reader(lines) if row}
    return owners


def _uv() -> str:
    try:
        from uv import find_uv_bin
    except ImportError as exc:
        raise CloudError(
            f"packages are made by uv, which is not installed ({exc}): pip install 'fruits[cloud]'"
        ) from exc
    return str(find_uv_bin())


def _told(stderr: str) -> str:
    """Put what uv said into one line."""
    return " ".join(line.strip() for line in stderr.splitlines() if line.strip())
