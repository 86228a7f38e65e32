"""The Spark that is installed here → its files in a package, for a place that has none."""

from importlib import metadata
from pathlib import Path
from typing import Final

from fruits.cloud.archive import Entry
from fruits.errors import CloudError

DISTRIBUTIONS: Final = ("pyspark", "py4j")
UNUSED: Final = ("__pycache__/", ".pyi", "/tests/", "pyspark/examples/", "pyspark/data/")


def spark_entries() -> list[Entry]:
    """Return the files of pyspark and py4j under `lib/`: the very ones that runs here use.

    They hold jars and Python only, so they suit every platform. Raises CloudError where there is no
    pyspark, or one that pip does not know the files of.
    """
    return [entry for name in DISTRIBUTIONS for entry in _entries(name)]


def spark_versions() -> list[str]:
    """Return NAME==VERSION of what `spark_entries` returns the files of; CloudError likewise."""
    return [f"{name}=={_installed(name).version}" for name in DISTRIBUTIONS]


def _installed(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError as exc:
        raise CloudError(
            f"a package with Spark takes the one that is installed here, and there is no {name}: "
            "pip install 'fruits[spark]'"
        ) from exc


def _entries(name: str) -> list[Entry]:
    files = _installed(name).files or []
    return [
        Entry(f"lib/{path}", place, owner=name, executable=path.startswith("pyspark/bin/"))
        for path, place in ((file.as_posix(), Path(str(file.locate()))) for file in files)
        if _is_used(path) and place.is_file()
    ]


def _is_used(path: str) -> bool:
    """Leave out programs of the environment, what was compiled here, and what only people read."""
    return not path.startswith("..") and not any(part in path for part in UNUSED)
