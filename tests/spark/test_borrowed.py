"""As on Databricks: a session that somebody else has started, photos on a Volume, no home."""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark import SparkContext
from pyspark.sql import SparkSession

import fruits
from fruits import pipeline
from fruits.cli import main
from fruits.cloud.deploy_files import deploy_file
from fruits.config import Config
from fruits.errors import ConfigError
from fruits.models import frozen, model
from fruits.models.registry import find

from photos import write_photos
from tables import features, report
from tiny_network import tiny_network


@pytest.fixture
def nobody_stops(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Iterator[SparkSession]:
    """A live session of somebody else's; whoever stops it is found out."""

    def stop(*_: object) -> None:
        pytest.fail("a borrowed session was stopped")

    with monkeypatch.context() as patch:
        patch.setattr(SparkSession, "stop", stop)
        patch.setattr(SparkContext, "stop", stop)
        yield spark
    assert spark.range(3).count() == 3


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> Path:
    """No home that could be written to, and no other place named for a cache."""
    monkeypatch.setenv("HOME", "/proc/nonexistent")
    for name in ("FRUITS_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return Path("/proc/nonexistent/.cache/fruits")


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """A folder with the path of a Volume: /Volumes/CATALOG/SCHEMA/VOLUME."""
    folder = tmp_path / "Volumes" / "orchard" / "été" / "fruits"
    write_photos(folder / "photos", 24)
    return folder


def config_of(volume: Path, output: Path, model: object) -> Config:
    return Config(
        input=str(volume / "photos"), output=str(output), model=str(model), components=3,
        max_rejected=0.5,
    )  # fmt: skip


def seen(folder: Path) -> dict[str, tuple[int, int]]:
    """What can be told of the files of a folder: sizes and times."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def test_fruits_run_borrows_the_live_session_and_never_stops_it(
    nobody_stops: SparkSession, volume: Path, tiny_onnx: Path, tmp_path: Path
):
    before = seen(volume)
    facts = fruits.run(config_of(volume, tmp_path / "out", tiny_onnx))
    assert facts.runner_reason == "a Spark session is live"
    assert facts.images.featurised == 24
    assert seen(volume) == before  # photos are read, and nothing is left beside them


@pytest.mark.parametrize("steps", ["run", "reduce"])
def test_so_does_the_command_when_a_notebook_calls_it(
    nobody_stops: SparkSession, volume: Path, tiny_onnx: Path, tmp_path: Path, steps: str
):
    words = ["--output", str(tmp_path / "out"), "--model", str(tiny_onnx)]
    photos = ["--input", str(volume / "photos"), "--max-rejected", "0.5"]
    if steps == "reduce":
        main(["features", *photos, *words])
        main(["reduce", *words, "--components", "3"])
    else:
        main([steps, *photos, *words])
    assert report(tmp_path / "out")["runner"] == "spark"


def test_too_many_rejects_do_not_stop_it_either(
    nobody_stops: SparkSession, volume: Path, tiny_onnx: Path, tmp_path: Path
):
    words = ["run", "--input", str(volume / "photos"), "--output", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--model", str(tiny_onnx), "--max-rejected", "0"])
    assert ended.value.code == 3


def test_no_home_is_needed(
    nobody_stops: SparkSession, homeless: Path, volume: Path, tiny_onnx: Path, tmp_path: Path
):
    facts = pipeline.run(config_of(volume, tmp_path / "out", tiny_onnx))
    assert facts.images.featurised == 24
    assert not homeless.exists()


def test_what_must_be_kept_and_cannot_be_names_the_place_and_the_variable(homeless: Path):
    with pytest.raises(fruits.errors.ModelError, match=f"{homeless}/a.*set FRUITS_CACHE"):
        frozen.write_atomically(homeless / "a", b"")


def carried(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The networks of a package, and in them a mobilenet_v2 that is none, but takes its images."""
    monkeypatch.setattr("tiny_network.SIDE", 224)
    monkeypatch.setattr("tiny_network.DIM", 1280)
    stem = frozen.frozen_name(find("mobilenet_v2"), "0" * 64)
    content = tiny_network()
    place = folder / "networks" / "frozen"
    place.mkdir(parents=True)
    (place / f"{stem}.onnx").write_bytes(content)
    facts = {"onnx_sha256": frozen._sha256(content), "weights_sha256": "0" * 64}
    (place / f"{stem}.json").write_text(json.dumps(facts))
    monkeypatch.setenv("FRUITS_PACKAGED", str(folder / "networks"))
    return folder / "networks"


def test_workers_get_a_network_of_the_package_from_the_broadcast_alone(
    nobody_stops: SparkSession, homeless: Path, volume: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    networks = carried(tmp_path, monkeypatch)
    read = model.packaged_network

    def read_and_burn(network: Any) -> Any:
        found = read(network)
        shutil.rmtree(networks, ignore_errors=True)
        return found

    monkeypatch.setattr(model, "packaged_network", read_and_burn)
    pipeline.run(config_of(volume, tmp_path / "out", "mobilenet_v2"))
    assert not networks.exists()
    assert len(features(tmp_path / "out")) == 24
    assert np.isfinite(features(tmp_path / "out")).all()


def test_results_on_a_volume_which_cannot_rename_are_refused_before_any_work(
    nobody_stops: SparkSession, volume: Path, tiny_onnx: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(source: object, target: object, **_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), source, None, target)

    monkeypatch.setattr(os, "rename", refuse)
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ConfigError, match=r"cannot write to .*not implemented.*check --output"):
        pipeline.run(config_of(volume, volume / "out", tiny_onnx))
    assert seen(volume / "out") == {}


STRACE = shutil.which("strace")


@pytest.mark.slow
@pytest.mark.skipif(not STRACE, reason="strace plays the file system that cannot link")
def test_so_are_those_where_only_links_are_missing_which_delta_commits_with(
    volume: Path, tiny_onnx: Path, tmp_path: Path
):
    calls = "link,linkat"
    done = subprocess.run(
        [str(STRACE), "-f", "-qq", "-o", str(tmp_path / "log"), "-e", f"trace={calls}",
         "-e", f"inject={calls}:error=ENOSYS", "-e", "signal=none",
         sys.executable, "-c", "from fruits.cli import main; main()",
         "run", "--runner", "local", "--model", str(tiny_onnx),
         "--input", str(volume / "photos"), "--output", str(volume / "out")],
        capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    if "INJECTED" not in (tmp_path / "log").read_text("utf-8", "replace"):
        pytest.skip("this machine lets nobody trace")
    assert done.returncode == 2
    assert "cannot create a table" in done.stderr
    assert "check --output" in done.stderr


LAUNCH = """
import json, runpy, sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
sys.argv = {argv!r}
try:
    runpy.run_path({launch!r}, run_name="__main__")
    ended = "well"
except RuntimeError as exc:
    ended = str(exc)
print(json.dumps([ended, spark.range(3).count()]))
"""


@pytest.mark.parametrize(
    ("limit", "ended"), [("0.5", "well"), ("0", "fruits ended with exit code 3, told above")]
)
def test_the_bundles_launcher_borrows_too_and_a_failure_fails_the_task(
    in_a_fresh_process: Callable[..., Any], volume: Path, tiny_onnx: Path, tmp_path: Path,
    limit: str, ended: str,
):  # fmt: skip
    output = tmp_path / "out"
    argv = ["launch.py", "77", "run", "--input", str(volume / "photos"), "--output", str(output),
            "--model", str(tiny_onnx), "--max-rejected", limit]  # fmt: skip
    launch = str(deploy_file("databricks/launch.py"))
    assert in_a_fresh_process(LAUNCH.format(argv=argv, launch=launch)) == [ended, 3]
    posted = json.loads((output / "_fruits/progress/databricks-77.json").read_text("utf-8"))
    assert posted["exit_code"] == (0 if ended == "well" else 3)
    assert report(output)["runner_reason"] == "a Spark session is live"
