"""The whole chain on Spark: the same results as in local processes, on every kind of master."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession

from fruits import pipeline
from fruits.config import Config

from photos import write_photos
from tables import csv_matrix, feature_rows, matrix, rejects, report


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photos(tmp_path_factory.mktemp("photos"), 200)


@pytest.fixture(scope="module")
def local(folder: Path, tiny_onnx: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of the local runner, the others' reference."""
    output = tmp_path_factory.mktemp("outputs") / "local"
    places = {"input": str(folder), "output": str(output), "model": str(tiny_onnx)}
    pipeline.run(Config(**places, runner="local", components=6))
    return output


def same_results(one: Path, other: Path) -> None:
    """Features to the bit, components to 1e-8, the same rows in the same order, same rejects."""
    keys = ("path", "image_id", "label", "split", "size", "width", "features")
    rows, others = feature_rows(one), feature_rows(other)
    assert [[row[key] for key in keys] for row in rows] == [
        [row[key] for key in keys] for row in others
    ]
    with np.load(one / "pca" / "pca.npz") as a, np.load(other / "pca" / "pca.npz") as b:
        np.testing.assert_allclose(a["components"], b["components"], atol=1e-8)
    assert rejects(one) == rejects(other)
    assert sorted(matrix(one)[0]) == sorted(matrix(other)[0])
    order, reference = np.argsort(matrix(one)[0]), np.argsort(matrix(other)[0])
    np.testing.assert_allclose(matrix(one)[1][order], matrix(other)[1][reference], atol=1e-6)
    assert csv_matrix(one)[0] == csv_matrix(other)[0]


def test_a_borrowed_session_gives_the_local_runner_s_results_and_lives_on(
    spark: SparkSession, folder: Path, tiny_onnx: Path, local: Path, tmp_path: Path
):
    config = Config(
        input=str(folder), output=str(tmp_path / "out"), model=str(tiny_onnx), components=6
    )
    facts = pipeline.run(config)
    assert facts.runner == "spark"
    assert facts.runner_reason == "a Spark session is live"
    assert facts.spark == {
        "version": spark.version, "master": "local[2,4]", "cores": 2,
        "application": spark.sparkContext.applicationId,
    }  # fmt: skip
    assert report(tmp_path / "out")["spark"] == facts.spark
    # A worker that an earlier test left with this network does not load it again.
    assert set(facts.workers.values()) <= {0, 1}
    same_results(local, tmp_path / "out")
    assert spark.range(2).count() == 2


RUN = """
import json, sys
from fruits import Config, run
report = run(Config(input={folder!r}, output={output!r}, model={model!r}, components=6,
                    master={master!r}))
print(json.dumps([report.images.featurised, report.workers, report.slots, report.runner]))
"""


def test_two_executors_without_a_shared_process_give_the_same_results(
    in_a_fresh_process: Callable[..., Any],
    folder: Path, tiny_onnx: Path, local: Path, tmp_path: Path,
):  # fmt: skip
    script = RUN.format(
        folder=str(folder), output=str(tmp_path / "out"), model=str(tiny_onnx),
        master="local-cluster[2,1,2048]",
    )  # fmt: skip
    featurised, workers, slots, runner = in_a_fresh_process(script)
    assert (featurised, slots, runner) == (200, 2, "spark")
    assert set(workers.values()) == {1}
    same_results(local, tmp_path / "out")


SITECUSTOMIZE = """
import os, sys

def loopback_only(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else "unix"
        if host not in ("127.0.0.1", "::1", "localhost", "unix"):
            open(os.environ["FORBIDDEN"], "a").write(f"{address}\\n")
            raise PermissionError(f"no way out of this machine: {address}")
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
        if host not in (None, "", "127.0.0.1", "::1", "localhost", b"localhost"):
            open(os.environ["FORBIDDEN"], "a").write(f"{host}\\n")
            raise PermissionError(f"no names looked up from here: {host}")

if "FORBIDDEN" in os.environ:
    sys.addaudithook(loopback_only)
"""

BROADCAST = """
import json, os
from fruits.spark.session import open_session, session_settings
from fruits.spark import gateway
import pyspark

conf = pyspark.SparkConf().setMaster("local-cluster[2,1,1024]").setAppName("broadcast")
conf.setAll(list(session_settings("local-cluster").items()))
for key, value in {executor_env!r}.items():
    conf.set("spark.executorEnv." + key, value)
spark = pyspark.sql.SparkSession(gateway.start_context(conf))

from fruits import broadcast_weights
shared = broadcast_weights(spark, {model!r}, weights={weights!r}, backend={backend!r})

def embed_one(batches):
    import os, socket
    import numpy as np
    import pyarrow as pa
    from fruits.backends.choose import load_backend
    payload = shared.get()
    height, width = payload.input_size
    image = (np.arange(height * width * 3) % 251).astype(np.uint8).reshape(1, height, width, 3)
    vector = load_backend({backend!r}, payload)(image)[0]
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=1)
        network = "open"
    except PermissionError:
        network = "blocked"
    except OSError:
        network = "not blocked by us"
    home = " ".join(f for _, _, files in os.walk(os.environ["HOME"]) for f in files)
    for _ in batches:
        yield pa.RecordBatch.from_arrays(
            [pa.array([vector.tolist()], pa.list_(pa.float32())), pa.array([network]),
             pa.array([home]), pa.array([os.getpid()])],
            names=["vector", "network", "home", "pid"])

rows = spark.range(0, 2, 1, 2).mapInArrow(
    embed_one, "vector array<float>, network string, home string, pid long").collect()
print(json.dumps([[list(r["vector"]), r["network"], r["home"], r["pid"]] for r in rows]))
spark.stop()
"""


@pytest.mark.parametrize("backend", ["onnx", "tensorflow"])
def test_the_weights_reach_workers_without_home_cache_or_network_through_spark_alone(
    in_a_fresh_process: Callable[..., Any], tmp_path: Path, backend: str, request
):
    """The driver alone has the weights file; a second copy of the network says what is right."""
    if backend == "tensorflow":
        pytest.importorskip("tensorflow", reason="the tensorflow extra is not installed")
        model, weights = "mobilenet_v2", str(request.getfixturevalue("seeded_weights"))
    else:
        model, weights = str(request.getfixturevalue("tiny_onnx")), None
    home = tmp_path / "empty home"
    home.mkdir()
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(SITECUSTOMIZE)
    forbidden = tmp_path / "forbidden.log"
    executor_env = {
        "HOME": str(home), "XDG_CACHE_HOME": str(home), "KERAS_HOME": str(home / ".keras"),
        "FRUITS_CACHE": str(home), "FRUITS_WEIGHTS": "", "FORBIDDEN": str(forbidden),
        "PYTHONPATH": os.pathsep.join([str(hooks), os.environ.get("PYTHONPATH", "")]),
    }  # fmt: skip
    script = BROADCAST.format(
        executor_env=executor_env, model=model, weights=weights, backend=backend
    )
    rows = in_a_fresh_process(script)
    assert [row[1] for row in rows] == ["blocked", "blocked"]
    # Importing Keras leaves its settings, and matplotlib's list of fonts; nothing else appears.
    left = {name for row in rows for name in row[2].split()}
    assert {name for name in left if not name.startswith(("keras.json", "fontlist-"))} == set()
    assert len({row[3] for row in rows}) == 2
    # The probe above is the only attempt: two workers, one address.
    assert forbidden.read_text().split() == ["192.0.2.1"] * 2
    np.testing.assert_array_equal(rows[0][0], rows[1][0])
    np.testing.assert_allclose(rows[0][0], driver_vector(model, weights, backend), atol=1e-5)


def driver_vector(model: str, weights: str | None, backend: str) -> np.ndarray:
    from fruits.backends.choose import load_backend
    from fruits.models.model import load_model

    loaded = load_model(model, weights=weights, fit="squash", precision="f32", backend=backend)
    height, width = loaded.input_size
    image = (np.arange(height * width * 3) % 251).astype(np.uint8).reshape(1, height, width, 3)
    return load_backend(backend, loaded.payload)(image)[0]
