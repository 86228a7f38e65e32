"""A package: found when it is made already, true to its manifest, enough for a bare machine."""

import hashlib
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import fruits
from fruits.cloud import package as packaging
from fruits.cloud.archive import Entry
from fruits.cloud.own_wheel import wheel_name
from fruits.cloud.package import Package, Recipe, build_package, read_package
from fruits.errors import CloudError, ConfigError
from fruits.images.orchard import draw_orchard

RECIPE = Recipe(models=("fruitnet",), platform="linux-x86_64")


@pytest.fixture
def few_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a package be made of two small files, as if nothing else were needed."""
    entries = [Entry("bin/python", b"#!", owner="fruits"), Entry("lib/é.py", b"1", owner="é")]
    monkeypatch.setattr(packaging, "gather", lambda *_: entries)


def test_a_folder_without_a_package_is_refused_with_the_remedy(tmp_path: Path):
    with pytest.raises(CloudError, match=f"{tmp_path} holds no package .*fruits cloud package"):
        read_package(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"digest": "x", "mood": "ripe"}', "pear"])
def test_a_damaged_manifest_is_no_package(tmp_path: Path, content: str):
    (tmp_path / "package.json").write_text(content)
    with pytest.raises(CloudError, match="holds no package"):
        read_package(tmp_path)


def test_a_file_of_a_network_does_not_go_into_a_package(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"réseaux/a b\.onnx is a file.*--model a b\.onnx"):
        build_package(Recipe(models=("fruitnet", "réseaux/a b.onnx")), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("no space left on device")])
def test_a_package_whose_writing_breaks_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few_files, error
):
    def write_half(path: Path, entries: object) -> None:
        path.write_bytes(b"half")
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(packaging, "write_archive", write_half)
        with pytest.raises((KeyboardInterrupt, OSError)):
            build_package(RECIPE, tmp_path / "paquets été")
    assert list((tmp_path / "paquets été").iterdir()) == []
    assert build_package(RECIPE, tmp_path / "paquets été").manifest.bytes_by_part.keys() == {
        "fruits",
        "é",
    }


def test_of_two_who_make_the_same_package_at_once_both_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few_files
):
    write = packaging.write_archive
    other: list[Package] = []

    def overtaken(path: Path, entries: list[Entry]) -> dict[str, int]:
        monkeypatch.setattr(packaging, "write_archive", write)
        other.append(build_package(RECIPE, tmp_path))
        return write(path, entries)

    monkeypatch.setattr(packaging, "write_archive", overtaken)
    assert build_package(RECIPE, tmp_path) == other[0]
    assert list(tmp_path.iterdir()) == [other[0].folder]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Package]:
    """A real package, for machines as most clusters have them."""
    pytest.importorskip("uv", reason="needs fruits[cloud]: uv")
    folder = tmp_path_factory.mktemp("packages") / "paquets été"
    yield build_package(RECIPE, folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def unpacked(made: Package, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("container") / "environment"
    with tarfile.open(made.folder / "environment.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
def test_its_name_tells_version_platform_and_content(made: Package):
    digest = made.manifest.digest
    assert made.folder.name == f"fruits-{fruits.__version__}-linux-x86_64-{digest[:12]}"
    assert sorted(path.name for path in made.folder.iterdir()) == sorted(
        ["environment.tar.gz", "launch.py", wheel_name(), "package.json"]
    )
    assert made.files[-1].name == "package.json"
    assert all(path.is_file() for path in made.files)


@pytest.mark.slow
def test_its_manifest_is_true(made: Package, unpacked: Path):
    manifest, archive = made.manifest, made.folder / "environment.tar.gz"
    assert read_package(made.folder) == made
    assert manifest.archive_sha256 == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert manifest.archive_bytes == archive.stat().st_size
    files = [path for path in unpacked.rglob("*") if path.is_file()]
    assert manifest.unpacked_bytes == sum(path.stat().st_size for path in files)
    parts = manifest.bytes_by_part
    assert sum(parts.values()) == pytest.approx(manifest.archive_bytes, rel=0.001)
    assert {"fruits", "pyarrow", "numpy", "onnxruntime", "deltalake"} <= parts.keys()
    assert (manifest.models, manifest.extras, manifest.python) == (["fruitnet"], [], "3.11")


@pytest.mark.slow
def test_the_same_package_is_found_and_not_made_again(made: Package):
    before = {path: path.stat().st_mtime_ns for path in made.files}
    again = build_package(RECIPE, made.folder.parent)
    assert again == made
    assert {path: path.stat().st_mtime_ns for path in again.files} == before
    assert list(made.folder.parent.iterdir()) == [made.folder]


def alone(unpacked: Path, python311: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the archive's Python on a machine that has nothing but a Python."""
    clean = ["env", "-i", "PATH=/usr/bin:/bin", f"FRUITS_PYTHON={python311}"]
    return subprocess.run(
        [*clean, str(unpacked / "bin" / "python"), *arguments],
        capture_output=True, text=True, check=False, cwd=unpacked.parent, timeout=300,
    )  # fmt: skip


@pytest.mark.slow
def test_everything_is_imported_from_the_archive_and_nothing_from_the_machine(
    unpacked: Path, python311: str
):
    script = (
        "import sys, json, fruits.cli, numpy, pyarrow.parquet, onnxruntime, deltalake, PIL.Image\n"
        "import hdfs_native, obstore, botocore.session, simplejpeg, loky, psutil, rich, click\n"
        "names = {name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names\n"
        "files = [getattr(sys.modules[name], '__file__', None) for name in names]\n"
        "print(json.dumps([file for file in files if file]))"
    )
    done = alone(unpacked, python311, "-c", script)
    assert done.returncode == 0, done.stderr
    files = json.loads(done.stdout)
    assert len(files) > 10
    assert [file for file in files if not file.startswith(f"{unpacked}/lib/")] == []
    assert "No module named 'pip'" in alone(unpacked, python311, "-c", "import pip").stderr


@pytest.mark.slow
def test_the_whole_chain_runs_with_the_archive_alone(
    unpacked: Path, python311: str, tmp_path: Path
):
    orchard = tmp_path / "verger été"
    draw_orchard(orchard, images_per_class=2, size=32)
    places = ["--input", str(orchard), "--output", str(tmp_path / "out"), "--components", "3"]
    chain = ["-m", "fruits.cli", "run", *places, "--model", "fruitnet", "--json"]
    done = alone(unpacked, python311, *chain)
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    assert (report["images"]["featurised"], report["images"]["rejected"]) == (24, 3)
    assert (report["matrix_rows"], report["pca"]["components"]) == (24, 3)
    assert report["model"]["name"] == "fruitnet"
