"""A wheelhouse: wheels for the cluster's machines, under hashes that hold, made once."""

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from packaging.utils import parse_wheel_filename

import fruits
from fruits.cli import cli
from fruits.cloud import deploy_files, wheelhouse, wheels
from fruits.cloud.archive import Entry
from fruits.cloud.dependencies import lock_file
from fruits.cloud.deploy_files import deploy_file
from fruits.cloud.own_wheel import build_wheel, wheel_name
from fruits.cloud.package import Recipe
from fruits.cloud.wheelhouse import Wheelhouse, build_wheelhouse, read_wheelhouse
from fruits.cloud.wheels import fetch_wheels, pinned_for
from fruits.errors import CloudError

RECIPE = Recipe(models=("fruitnet",), platform="linux-x86_64")
WHEELS = ("pear-1.0-py3-none-any.whl", "quince_jam-2.0-cp311-cp311-manylinux2014_x86_64.whl")
HASH = "--hash=sha256:" + 64 * "0"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("marker", "platforms"),
    [
        ("platform_machine == 'x86_64'", ["linux-x86_64"]),
        ("platform_machine == 'aarch64'", ["linux-aarch64"]),
        ("platform_machine == 'x86_64' or sys_platform != 'linux'", ["linux-x86_64"]),
        ("sys_platform == 'darwin' or platform_system == 'Windows'", []),
        ("os_name == 'posix'", ["linux-x86_64", "linux-aarch64"]),
        ("python_full_version < '3.12'", ["linux-x86_64", "linux-aarch64"]),
        ("python_full_version >= '3.12'", []),
        ("python_version == '3.11'", ["linux-x86_64", "linux-aarch64"]),
        ("platform_python_implementation == 'PyPy'", []),
        ("implementation_name != 'cpython'", []),
    ],
)
def test_markers_are_those_of_the_cluster_whatever_runs_here(marker: str, platforms: list[str]):
    lock = f"pear==1.0 ; {marker} \\\n    {HASH} \\\n    {HASH}\n"
    kept = {name: list(pinned_for(name, lock)) for name in ("linux-x86_64", "linux-aarch64")}
    assert {name for name, lines in kept.items() if lines} == set(platforms)
    assert all(lines in ([], [f"pear==1.0 {HASH} {HASH}"]) for lines in kept.values())


def test_each_library_of_a_real_lock_is_wanted_once_with_the_hashes_of_the_lock():
    lock = lock_file(("tensorflow",)).read_text("ascii")
    names = {}
    for platform in ("linux-x86_64", "linux-aarch64"):
        lines = list(pinned_for(platform, lock))
        assert all(re.fullmatch(r"\S+==\S+( --hash=sha256:[0-9a-f]{64})+", line) for line in lines)
        assert set(re.findall("--hash=(.+?) ", " ".join(lines))) < set(
            re.findall(r"--hash=(\S+)", lock)
        )
        listed = [line.partition("==")[0] for line in lines]
        assert len(listed) == len(set(listed))
        names[platform] = set(listed)
    assert {"numpy", "pyarrow", "deltalake", "onnxruntime"} <= names["linux-aarch64"]
    assert "cykooz-resizer" in names["linux-x86_64"] - names["linux-aarch64"]
    assert "tensorflow-cpu" in names["linux-x86_64"] - names["linux-aarch64"]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where pip finds wheels: a folder, at first without any."""
    folder = tmp_path / "étagère"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", folder.as_uri())
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    return folder


def lock_of(monkeypatch: pytest.MonkeyPatch, folder: Path, lock: str) -> None:
    file = folder / "lock.txt"
    file.write_text(lock)
    monkeypatch.setattr(wheels, "lock_file", lambda _: file)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("glibc", ["manylinux_2_34", "manylinux_2_28", "manylinux2014"])
def test_the_wheel_of_the_clusters_machine_is_taken(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: str, glibc: str
):
    hashes = []
    for tag in (
        f"{glibc}_x86_64",
        f"{glibc}_aarch64",
        "macosx_14_0_arm64",
        "manylinux_2_39_x86_64",
    ):
        (shelf / f"pear-1.0-cp311-cp311-{tag}.whl").write_bytes(wheel_of("pear", tag))
        hashes.append(f" --hash=sha256:{sha256(wheel_of('pear', tag))}")
    lock_of(monkeypatch, tmp_path, f"pear==1.0{''.join(hashes)}")
    got = fetch_wheels(into(tmp_path), platform=f"linux-{machine}", extras=())
    assert [path.name for path in got] == [f"pear-1.0-cp311-cp311-{glibc}_{machine}.whl"]


def test_a_wheel_that_is_not_the_locks_is_refused(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (shelf / "pear-1.0-py3-none-any.whl").write_bytes(wheel_of("pear", "any"))
    lock_of(monkeypatch, tmp_path, f"pear==1.0 {HASH}")
    with pytest.raises(
        CloudError, match=r"linux-x86_64 with Python 3\.11.*DO NOT MATCH THE HASHES"
    ):
        fetch_wheels(into(tmp_path), platform="linux-x86_64", extras=())


def test_a_wheel_that_is_nowhere_is_named_with_what_to_look_at(shelf: Path, tmp_path: Path):
    with pytest.raises(CloudError, match=r"index that pip is configured for.*argcomplete==") as got:
        fetch_wheels(into(tmp_path), platform="linux-aarch64", extras=())
    assert "\n" not in str(got.value)
    assert list(shelf.iterdir()) == []


def test_without_pip_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wheels, "find_spec", lambda _: None)
    with pytest.raises(CloudError, match=r"pip install 'fruits\[cloud\]'"):
        fetch_wheels(tmp_path, platform="linux-x86_64", extras=())
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_deploy_is_found_and_another_is_missed_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert deploy_file("bootstrap-emr.sh").read_bytes().startswith(b"#!/bin/bash\n")
    with pytest.raises(CloudError, match=r"pear\.yaml is neither in .*must be installed whole"):
        deploy_file("pear.yaml")
    installed = tmp_path / "lib" / "python" / "site" / "fruits" / "cloud"
    (installed / "deploy").mkdir(parents=True)
    (installed / "deploy" / "pear.yaml").touch()
    monkeypatch.setattr(deploy_files, "__file__", str(installed / "deploy_files.py"))
    assert deploy_file("pear.yaml") == installed / "deploy" / "pear.yaml"


def test_the_wheel_that_hatch_builds_has_every_file_of_deploy(tmp_path: Path):
    pytest.importorskip("hatchling", reason="needs what builds us: hatchling")
    root = deploy_file("bootstrap-emr.sh").parents[1]
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    (built,) = tmp_path.glob("*.whl")
    listed = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", str(built)],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    found = set(re.findall(r"^fruits/cloud/deploy/(\S+)", listed, re.MULTILINE))
    files = {p.relative_to(root / "deploy") for p in (root / "deploy").rglob("*") if p.is_file()}
    assert "bootstrap-emr.sh" in found
    assert found == {path.as_posix() for path in files}


@pytest.fixture
def few_files(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Let a wheelhouse be made of two small wheels and a network; a test may change them."""
    contents = {name: name.encode() for name in WHEELS} | {"networks/frozen/é.onnx": b"network"}

    def fetch(folder: Path, **_: object) -> list[Path]:
        for name in WHEELS:
            (folder / name).write_bytes(contents[name])
        return [folder / name for name in WHEELS]

    def networks(*_: object, **__: object) -> list[Entry]:
        return [
            Entry(name, content, owner="networks")
            for name, content in contents.items()
            if name not in WHEELS
        ]

    monkeypatch.setattr(wheelhouse, "fetch_wheels", fetch)
    monkeypatch.setattr(wheelhouse, "network_entries", networks)
    return contents


def test_it_holds_wheels_our_own_networks_the_script_and_says_so(tmp_path: Path, few_files):
    made = build_wheelhouse(RECIPE, tmp_path / "roues été")
    names = [path.relative_to(made.folder).as_posix() for path in made.files]
    assert sorted(names) == sorted(
        [*WHEELS, wheel_name(), "networks/frozen/é.onnx", "requirements.txt", "bootstrap-emr.sh",
         "SHA256SUMS", "wheelhouse.json"]
    )  # fmt: skip
    assert names[-1] == "wheelhouse.json"
    assert {p for p in made.folder.rglob("*") if p.is_file()} == set(made.files)
    assert made.bytes == sum(path.stat().st_size for path in made.files)
    for name, content in few_files.items():
        assert (made.folder / name).read_bytes() == content
    assert (made.folder / wheel_name()).read_bytes() == build_wheel()
    script = deploy_file("bootstrap-emr.sh").read_bytes()
    assert (made.folder / "bootstrap-emr.sh").read_bytes() == script
    told = json.loads((made.folder / "wheelhouse.json").read_text())
    assert (told["fruits"], told["python"], told["models"]) == (
        fruits.__version__, "3.11", ["fruitnet"],
    )  # fmt: skip


def test_its_requirements_pin_each_wheel_to_the_sha256_of_its_file(tmp_path: Path, few_files):
    made = build_wheelhouse(RECIPE, tmp_path)
    own = f"fruits=={fruits.__version__} --hash=sha256:{sha256(build_wheel())}"
    pear, jam = (sha256(few_files[name]) for name in WHEELS)
    assert (made.folder / "requirements.txt").read_text("ascii").splitlines() == [
        own, f"pear==1.0 --hash=sha256:{pear}", f"quince-jam==2.0 --hash=sha256:{jam}",
    ]  # fmt: skip


def test_its_sums_cover_every_other_file_and_its_name_covers_the_sums(tmp_path: Path, few_files):
    made = build_wheelhouse(RECIPE, tmp_path)
    sums = (made.folder / "SHA256SUMS").read_bytes()
    pairs = [line.split("  ", 1) for line in sums.decode().splitlines()]
    assert {name for _, name in pairs} == {
        path.relative_to(made.folder).as_posix() for path in made.files
    } - {"SHA256SUMS", "wheelhouse.json"}
    assert all(sha256((made.folder / name).read_bytes()) == digest for digest, name in pairs)
    assert made.contents.digest == sha256(sums)
    version, digest = fruits.__version__, sha256(sums)[:12]
    assert made.folder.name == f"wheels-{version}-linux-x86_64-{digest}"


def test_it_is_found_again_and_not_written_again(tmp_path: Path, few_files):
    made = build_wheelhouse(RECIPE, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in made.files}
    assert build_wheelhouse(RECIPE, tmp_path) == made
    assert {path: path.stat().st_mtime_ns for path in made.files} == before
    assert list(tmp_path.iterdir()) == [made.folder]


@pytest.mark.parametrize("changed", [WHEELS[0], "networks/frozen/é.onnx", "networks/new.onnx"])
def test_the_same_files_have_the_same_name_and_others_another(
    tmp_path: Path, few_files, changed: str
):
    first = build_wheelhouse(RECIPE, tmp_path / "a").folder.name
    assert build_wheelhouse(RECIPE, tmp_path / "b").folder.name == first
    few_files[changed] = b"another"
    assert build_wheelhouse(RECIPE, tmp_path / "b").folder.name != first
    assert len(list((tmp_path / "b").iterdir())) == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("no space left on device")])
def test_one_whose_writing_breaks_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few_files, error
):
    write = Path.write_bytes

    def break_off(path: Path, content: bytes) -> int:
        if path.name == "wheelhouse.json":
            raise error
        return write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", break_off)
        with pytest.raises((KeyboardInterrupt, OSError)):
            build_wheelhouse(RECIPE, tmp_path / "roues")
    assert list((tmp_path / "roues").iterdir()) == []
    assert build_wheelhouse(RECIPE, tmp_path / "roues").folder.is_dir()


def test_of_two_who_make_the_same_at_once_both_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few_files
):
    rename = Path.rename
    other: list[Wheelhouse] = []

    def overtaken(made: Path, folder: Path) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        other.append(build_wheelhouse(RECIPE, tmp_path))
        return rename(made, folder)

    monkeypatch.setattr(Path, "rename", overtaken)
    assert build_wheelhouse(RECIPE, tmp_path) == other[0]
    assert list(tmp_path.iterdir()) == [other[0].folder]


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"digest": "x", "mood": "ripe"}'])
def test_a_folder_without_a_whole_manifest_holds_no_wheels(tmp_path: Path, content: str | None):
    if content is not None:
        (tmp_path / "wheelhouse.json").write_text(content)
    with pytest.raises(CloudError, match=r"holds no wheels .*fruits cloud package --wheels"):
        read_wheelhouse(tmp_path)


def test_the_command_gathers_wheels_and_tells_the_folder_and_its_size(tmp_path: Path, few_files):
    words = ["cloud", "package", "--wheels", "--model", "fruitnet", "--output", str(tmp_path)]
    shown = CliRunner().invoke(cli, words)
    assert shown.exit_code == 0, shown.output
    (folder,) = tmp_path.iterdir()
    told = json.loads(CliRunner().invoke(cli, [*words, "--json"]).stdout)
    assert told["folder"] == str(folder)
    assert told["digest"].startswith(folder.name.rpartition("-")[2])
    lines = [line.split() for line in shown.stdout.splitlines()]
    megabytes = read_wheelhouse(folder).bytes / 1e6
    assert ["the", "folder", f"{megabytes:.1f}"] in lines
    assert "".join(shown.stdout.splitlines()).endswith(str(folder))


def test_a_dry_command_gathers_nothing(tmp_path: Path, few_files):
    words = ["cloud", "package", "--wheels", "--dry-run", "--json", "--output", str(tmp_path)]
    shown = CliRunner().invoke(cli, [*words, "--platform", "linux-aarch64"])
    assert json.loads(shown.stdout)["platform"].startswith("linux-aarch64 ")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wheelhouse]:
    """The wheels that a cluster of Graviton machines gets, from the index."""
    recipe = Recipe(models=("fruitnet",), platform="linux-aarch64")
    yield build_wheelhouse(recipe, tmp_path_factory.mktemp("roues"))


@pytest.mark.slow
def test_a_real_one_has_a_wheel_of_the_lock_for_each_library(real: Wheelhouse):
    lock = lock_file(()).read_text("ascii")
    found = {path for path in real.files if path.suffix == ".whl"} - {real.folder / wheel_name()}
    wanted = [line.partition("==")[0] for line in pinned_for("linux-aarch64", lock)]
    assert sorted(parse_wheel_filename(path.name)[0] for path in found) == sorted(wanted)
    assert all(f"--hash=sha256:{sha256(path.read_bytes())}" in lock for path in found)
    tags = {path.name: parse_wheel_filename(path.name)[3] for path in found}
    foreign = [
        name
        for name, each in tags.items()
        if not any(tag.platform == "any" or tag.platform.endswith("_aarch64") for tag in each)
    ]
    assert foreign == []
    assert sum("aarch64" in name for name in tags) > 5


def into(tmp_path: Path) -> Path:
    folder = tmp_path / "d'ici là"
    folder.mkdir()
    return folder


def wheel_of(name: str, tag: str) -> bytes:
    """A wheel with no more than its metadata, and other bytes for every tag."""

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file, text in {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            "WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: cp311-cp311-{tag}\n",
            "RECORD": "",
        }.items():
            archive.writestr(zipfile.ZipInfo(f"{name}-1.0.dist-info/{file}"), text)
    return buffer.getvalue()
