"""The wheel of the fruits that runs here: whole, true to its RECORD, the same each time."""

import base64
import csv
import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import fruits
from fruits.cloud.own_wheel import build_wheel, wheel_files, wheel_name

ROOT = Path(__file__).resolve().parents[2]
INFO = f"fruits-{fruits.__version__}.dist-info"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel") / "Pêche et pomme"
    with zipfile.ZipFile(io.BytesIO(build_wheel())) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_its_name_is_the_one_that_the_format_wants():
    assert wheel_name() == f"fruits-{fruits.__version__}-py3-none-any.whl"


def test_two_wheels_are_the_same_bytes():
    assert build_wheel() == build_wheel()


def test_it_is_imported_from_where_it_is_unpacked(unpacked: Path):
    script = "import fruits.errors as e; print(e.__file__); print(e.CloudError.exit_code)"
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", script],
        capture_output=True, text=True, check=True, cwd=unpacked.parent,
        env={"PYTHONPATH": str(unpacked), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.stdout.splitlines() == [str(unpacked / "fruits" / "errors.py"), "1"]


def test_every_file_is_in_the_record_with_its_hash_and_size(unpacked: Path):
    files = files_of(unpacked)
    rows = {row[0]: row[1:] for row in csv.reader(files[f"{INFO}/RECORD"].decode().splitlines())}
    assert rows.pop(f"{INFO}/RECORD") == ["", ""]
    assert rows.keys() == files.keys() - {f"{INFO}/RECORD"}
    for name, (spelled, size) in rows.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(files[name]).digest()).decode()
        assert (spelled, int(size)) == (f"sha256={digest.rstrip('=')}", len(files[name])), name


def test_it_holds_what_a_cluster_needs():
    names = wheel_files().keys()
    assert {
        "fruits/models/fruitnet.onnx",
        "fruits/models/fruitnet.json",
        "fruits/cloud/locks/cluster.txt",
        "fruits/cloud/scripts/python.sh",
        "fruits/cloud/scripts/launch.py",
        "fruits/py.typed",
        f"{INFO}/METADATA",
        f"{INFO}/WHEEL",
        f"{INFO}/entry_points.txt",
    } <= names


def test_what_python_has_compiled_stays_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "fruits"
    (package / "été" / "__pycache__").mkdir(parents=True)
    for name in ("__init__.py", "été/a b.py", "été/__pycache__/a b.cpython-311.pyc"):
        (package / name).write_text("")
    monkeypatch.setattr(fruits, "__file__", str(package / "__init__.py"))
    names = [name for name in wheel_files() if name.startswith("fruits/")]
    assert sorted(names) == ["fruits/__init__.py", "fruits/été/a b.py"]


def test_its_metadata_is_that_of_this_fruits(unpacked: Path):
    lines = (unpacked / INFO / "METADATA").read_text(encoding="utf-8").splitlines()
    assert {"Name: fruits", f"Version: {fruits.__version__}"} <= set(lines)
    assert "Tag: py3-none-any" in (unpacked / INFO / "WHEEL").read_text().splitlines()


def test_it_tells_no_path_of_the_machine_that_made_it():
    places = [str(ROOT).encode(), str(Path(fruits.__file__).parent).encode()]
    telling = [name for name, content in wheel_files().items() if any(p in content for p in places)]
    assert telling == []
