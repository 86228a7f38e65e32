"""The whole chain from HDFS to HDFS, on the cluster that FRUITS_TEST_HDFS names."""

import io
import os
import uuid
from collections.abc import Iterator

import numpy as np
import pyarrow.parquet as pq
import pytest

from fruits import pipeline
from fruits.config import Config
from fruits.storage.output import Output

from photos import write_photos
from tables import matrix


@pytest.fixture
def place() -> Iterator[str]:
    """An empty folder of the cluster."""
    pytest.importorskip("hdfs_native", reason="HDFS: pip install 'fruits[hdfs]'")
    root = os.environ.get("FRUITS_TEST_HDFS", "").rstrip("/")
    if not root:
        pytest.skip("no cluster: set FRUITS_TEST_HDFS to a folder, hdfs://host:port/folder")
    folder = f"{root}/fruits-test-{uuid.uuid4().hex}"
    yield folder
    output = Output(folder)
    for path in output.fs.find(output.path_of("")):
        output.fs.rm_file(path)


def test_files_keep_their_names_and_appear_whole(place):
    output = Output(place)
    assert output.read("a/b") is None
    assert output.create("a/b", b"0123456789")
    assert not output.create("a/b", b"other")
    assert output.fs.cat_file(output.path_of("a/b"), start=7, end=99) == b"789"
    output.write("a/Pêche #2?%20 x", b"1")
    assert output.names("a") == ["Pêche #2?%20 x", "b"]
    with pytest.raises(RuntimeError), output.open_write("a/b") as file:
        file.write(b"spoilt")
        raise RuntimeError
    assert (output.read("a/b"), output.names("a")) == (b"0123456789", ["Pêche #2?%20 x", "b"])


@pytest.mark.parametrize("runner", ["local", "spark"])
def test_from_hdfs_to_hdfs_gives_the_matrix_of_the_disk(place, runner, tiny_onnx, tmp_path):
    photos = write_photos(tmp_path / "photos", 60)
    raw = Output(f"{place}/raw")
    for file in photos.rglob("*.jpg"):
        raw.write(str(file.relative_to(photos)), file.read_bytes())
    settings = {"model": str(tiny_onnx), "components": 5}
    there = {"input": f"{place}/raw", "output": f"{place}/out", "runner": runner}
    report = pipeline.run(Config(**settings, **there))
    again = pipeline.run(Config(**settings, **there))
    here = {"input": str(photos), "output": str(tmp_path / "out"), "runner": "local"}
    pipeline.run(Config(**settings, **here))
    assert (report.images.featurised, report.images.rejected) == (60, 3)
    assert (again.images.skipped, again.runner) == (63, "none")
    table = pq.read_table(io.BytesIO(Output(f"{place}/out").read("matrix/matrix.parquet")))
    paths, scores = matrix(tmp_path / "out")
    assert sorted(table.column("path").to_pylist()) == sorted(paths)
    got = np.array([table.column(f"pc_{n:04d}") for n in range(1, 6)], np.float32).T
    order = np.argsort(table.column("path").to_pylist())
    np.testing.assert_allclose(got[order], scores[np.argsort(paths)], atol=1e-6)
