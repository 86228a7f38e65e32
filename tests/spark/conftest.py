"""One Spark for the tests of this folder, and a way to run a script in a Spark of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'fruits[spark]'")

from pyspark.sql import SparkSession

from fruits.runners.choose import what_spark_lacks
from fruits.spark.session import open_session

HERE = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder needs Spark, and so a Java."""
    missing = what_spark_lacks()
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.spark)
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """A session of ours on local[2]."""
    session = open_session("local[2]")
    yield session.spark
    session.close()


@pytest.fixture
def in_a_fresh_process(tmp_path: Path) -> Callable[..., Any]:
    """Run a Python script that prints one JSON value last, in a process without a session."""

    def run(script: str, **environ: str) -> Any:
        file = tmp_path / "script.py"
        file.write_text(script)
        done = subprocess.run(
            [sys.executable, str(file)],
            capture_output=True, text=True, check=False, timeout=300,
            env=os.environ | environ, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


@pytest.fixture(scope="session")
def seeded_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file for MobileNetV2 with random weights: no download, no shared data."""
    from fruits.models.registry import find

    from seeded_network import seeded_network

    file = tmp_path_factory.mktemp("seeded") / "mobilenet_v2.weights.h5"
    seeded_network(find("mobilenet_v2")).save_weights(str(file))
    return file
