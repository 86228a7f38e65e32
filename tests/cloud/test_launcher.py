"""The two scripts that run on the cluster: the archive's Python, and what the driver starts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fruits import __version__
from fruits.cloud.command import launch_arguments
from fruits.cloud.package import SCRIPTS

NASTY = [
    "run",
    "a b",
    "it's",
    '"',
    "$HOME",
    "{{PWD}}",
    "Pêche\u0301 🍐",
    "%20",
    "",
    "\n",
    "--x=*",
    "\\",
]


def start(command: list[str | Path], folder: Path, **environ: str) -> subprocess.CompletedProcess:
    """Run a command with no environment but the one given."""
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, cwd=folder,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"} | environ, timeout=120,
    )  # fmt: skip


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The archive's Python, unpacked in a folder that some shells would stumble over."""
    file = tmp_path / "l'archive été $1" / "bin" / "python"
    file.parent.mkdir(parents=True)
    file.write_bytes((SCRIPTS / "python.sh").read_bytes())
    file.chmod(0o755)
    return file


def look(python: Path, folder: Path, **environ: str) -> dict[str, object]:
    script = (
        "import json, os, sys; print(json.dumps({'environ': dict(os.environ), 'path': sys.path, "
        "'argv': sys.argv[1:], 'version': sys.version_info[:2], 'site': 'site' in sys.modules}))"
    )
    done = start([python, "-c", script, "a b", "$HOME", ""], folder, **environ)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_script_is_one_that_every_shell_can_read(tmp_path: Path):
    assert start(["/bin/sh", "-n", SCRIPTS / "python.sh"], tmp_path).stderr == ""


def test_it_sees_the_standard_library_and_the_archive_and_nothing_installed(
    python: Path, tmp_path: Path, python311: str
):
    seen = look(python, tmp_path, FRUITS_PYTHON=python311)
    archive = python.parents[1]
    assert seen["version"] == [3, 11]
    assert seen["path"][:2] == ["", str(archive / "lib")]
    assert not [entry for entry in seen["path"] if "-packages" in entry]
    assert not seen["site"]
    assert seen["argv"] == ["a b", "$HOME", ""]
    assert seen["environ"]["FRUITS_PACKAGED"] == str(archive / "networks")
    assert seen["environ"]["PYTHONNOUSERSITE"] == "1"
    assert "HADOOP_CONF_DIR" not in seen["environ"]


def test_sparks_own_path_is_kept_behind_the_archives(python: Path, tmp_path: Path, python311: str):
    seen = look(python, tmp_path, FRUITS_PYTHON=python311, PYTHONPATH="/spark/py spark.zip:/x")
    assert seen["path"][1:4] == [str(python.parents[1] / "lib"), "/spark/py spark.zip", "/x"]


def test_a_python_with_spaces_in_its_path_can_be_named(
    python: Path, tmp_path: Path, python311: str
):
    named = tmp_path / "un python à part" / "python"
    named.parent.mkdir()
    named.symlink_to(python311)
    seen = look(python, tmp_path, FRUITS_PYTHON=str(named))
    assert seen["version"] == [3, 11]


def test_without_a_python_it_ends_with_127_and_names_what_it_tried(python: Path, tmp_path: Path):
    done = start([python, "-c", "print(1)"], tmp_path, FRUITS_PYTHON="/no/such/python")
    assert done.returncode == 127
    assert done.stdout == ""
    assert "tried: /no/such/python)" in done.stderr
    assert "dnf install python3.11" in done.stderr


def test_a_pythonhome_of_the_machine_is_forgotten(python: Path, tmp_path: Path, python311: str):
    seen = look(python, tmp_path, FRUITS_PYTHON=python311, PYTHONHOME="/no/such/home")
    assert "PYTHONHOME" not in seen["environ"]


def test_hadoops_configuration_is_that_of_the_container(
    python: Path, tmp_path: Path, python311: str
):
    container = tmp_path / "container é 1"
    conf = container / "__spark_conf__" / "__hadoop_conf__"
    conf.mkdir(parents=True)
    found = look(python, container, FRUITS_PYTHON=python311)["environ"]["HADOOP_CONF_DIR"]
    kept = look(python, container, FRUITS_PYTHON=python311, HADOOP_CONF_DIR="/etc/hadoop")
    assert found == str(conf)
    assert kept["environ"]["HADOOP_CONF_DIR"] == "/etc/hadoop"


def test_arguments_reach_fruits_as_they_were_meant(tmp_path: Path):
    stub = tmp_path / "stub été" / "fruits" / "cli" / "__init__.py"
    stub.parent.mkdir(parents=True)
    (stub.parents[1] / "__init__.py").touch()
    stub.write_text(
        "import json, os\n"
        "def main(given): print(json.dumps([os.environ['FRUITS_SUBMISSION'], given]))\n"
    )
    command = [sys.executable, SCRIPTS / "launch.py", *launch_arguments("s-1", NASTY)]
    done = start(command, tmp_path, PYTHONPATH=str(stub.parents[2]))
    assert json.loads(done.stdout) == ["s-1", NASTY]


def test_the_driver_starts_the_fruits_that_is_there(tmp_path: Path):
    source = os.pathsep.join(entry for entry in sys.path if entry)
    command = [sys.executable, SCRIPTS / "launch.py", *launch_arguments("s-1", ["--version"])]
    done = start(command, tmp_path, PYTHONPATH=source)
    assert (done.returncode, done.stdout) == (0, f"fruits, version {__version__}\n")


def test_a_python_without_fruits_says_which_one_it_is_and_what_to_set(tmp_path: Path):
    command = [sys.executable, "-S", "-E", SCRIPTS / "launch.py", "s-1", "run"]
    done = start(command, tmp_path)
    assert done.returncode == 1
    assert f"fruits: {sys.executable} has no fruits" in done.stderr
    assert "PYSPARK_PYTHON must name bin/python" in done.stderr
    assert "Traceback" not in done.stderr
