"""A storage that refuses to write: a full disk, files that may not grow, PUTs refused for good."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from deltalake import DeltaTable

from fruits import pipeline
from fruits.config import Config
from fruits.errors import FruitsError

from photos import write_photos
from s3_server import proxy
from tables import features, matrix

IMAGES = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photos(tmp_path_factory.mktemp("photos"), IMAGES, broken=False)


@pytest.fixture(scope="module")
def undisturbed(folder: Path, tiny_onnx: Path, tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("undisturbed") / "out"
    pipeline.run(settings(folder, output, tiny_onnx))
    return output


def settings(folder: Path | str, output: Path | str, model: Path) -> Config:
    return Config(
        input=str(folder), output=str(output), model=str(model), components=3, runner="local"
    )


def run(config: Config, limit: Callable[[], None] | None = None) -> "subprocess.CompletedProcess":
    command = [sys.executable, "-m", "fruits.cli", "run", "--runner", "local", "--components", "3"]
    command += ["--input", config.input, "--output", config.output, "--model", config.model]
    return subprocess.run(command, preexec_fn=limit, capture_output=True, text=True, check=False)


def committed(output: Path) -> list[str]:
    table = output / "features"
    if not DeltaTable.is_deltatable(str(table)):
        return []
    return DeltaTable(str(table)).to_pyarrow_table(columns=["path"]).column("path").to_pylist()


def expect_recovery(config: Config, undisturbed: Path) -> None:
    """What is committed is whole and there once; with room again, the same run ends the same."""
    output = Path(config.output)
    rows = committed(output)
    assert len(rows) == len(set(rows)) < IMAGES
    report = pipeline.run(config)
    assert report.images.featurised == IMAGES - report.images.skipped <= IMAGES - len(rows)
    assert (features(output) == features(undisturbed)).all()
    for a, b in zip(matrix(output), matrix(undisturbed), strict=True):
        order, other = np.argsort(matrix(output)[0]), np.argsort(matrix(undisturbed)[0])
        np.testing.assert_array_equal(np.array(a)[order], np.array(b)[other])
    assert not list(output.rglob(".*.tmp"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, with room for hardly more than the empty tables."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip(f"only for root on Linux: {made.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_ends_the_run_with_its_reason_and_loses_nothing(
    small_disk, folder, tiny_onnx, undisturbed
):
    config = settings(folder, small_disk / "out", tiny_onnx)
    failed = run(config)
    assert failed.returncode == 1, failed.stderr
    assert "No space left on device" in failed.stderr
    assert "Traceback" not in failed.stderr
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    expect_recovery(config, undisturbed)


def test_files_that_may_not_grow_end_the_run_with_its_reason_and_lose_nothing(
    tmp_path, folder, tiny_onnx, undisturbed
):
    config = settings(folder, tmp_path / "out", tiny_onnx)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, resource.RLIM_INFINITY))

    failed = run(config, limit)
    assert failed.returncode == 1, failed.stderr
    assert "File too large" in failed.stderr
    assert "Traceback" not in failed.stderr
    expect_recovery(config, undisturbed)


def test_puts_that_fail_for_good_end_the_run_and_the_next_one_completes_it(
    port, tmp_path, folder, tiny_onnx, undisturbed, monkeypatch
):
    import boto3

    from fruits.storage.output import Output

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with proxy(port, refused_after=12) as between:
        monkeypatch.setenv("FRUITS_S3_ENDPOINT", between.endpoint)
        boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}").create_bucket(Bucket="refused")
        config = settings(folder, "s3://refused/out", tiny_onnx)
        with pytest.raises((FruitsError, OSError), match=r"(?i)access ?denied"):
            pipeline.run(config)
        monkeypatch.setenv("FRUITS_S3_ENDPOINT", f"http://127.0.0.1:{port}")
        report = pipeline.run(config)
        assert report.images.skipped + report.images.featurised == report.matrix_rows == IMAGES
        there = json.loads(Output("s3://refused/out").read("report.json"))
        assert there["images"]["featurised"] == report.images.featurised
