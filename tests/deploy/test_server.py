"""deploy/server.sh, run for real in a clean folder: whatever happens, the server ends itself.

`aws` and `dnf` are small programs that copy and that make programs appear; `shutdown` writes down
what it was asked for, and when.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "server.sh"
ARGUMENTS = ["run", "--input", "s3://b/raw/P%C3%AAches%20d%27%C3%A9t%C3%A9%20%232", "--json"]

TOOLS = (
    "bash", "cat", "chmod", "date", "env", "gzip", "mkdir", "nproc", "rm", "sh", "sha256sum",
    "sleep", "tar", "timeout", "uname",
)  # fmt: skip
"""All that is there, but for what the script must install: no Java, no Python."""

AWS = """#!{python}
import pathlib, shutil, sys
source, target = [word for word in sys.argv[3:] if not word.startswith("--")]
bucket = pathlib.Path({bucket!r})
def place(uri):
    return bucket / uri.removeprefix("s3://") if uri.startswith("s3://") else pathlib.Path(uri)
place(target).parent.mkdir(parents=True, exist_ok=True)
try:
    shutil.copy(place(source), place(target))
except FileNotFoundError as exc:
    sys.exit(str(exc))
"""
DNF = """#!/bin/sh
echo "dnf $*" >> {calls}
[ -z "${{DNF_FAILS:-}}" ] || exit 1
for name in java python3.11; do
  printf '#!/bin/sh\\nexec {python} "$@"\\n' > {bin}/$name
  chmod +x {bin}/$name
done
"""
DRIVER = """#!/bin/sh
shift
printf '%s\\n' "$PYSPARK_PYTHON" "$HOME" "$@" > {said}
echo "the driver speaks"
{act}
"""


class Stage:
    """A machine without Java and Python 3.11, a bucket as a folder, and a package in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bin, self.work = folder, folder / "bin", folder / "été server"
        self.bucket, self.calls, self.said = folder / "s3", folder / "calls", folder / "said"
        self.package = self.bucket / "b" / "fruits" / "packages" / "p1"
        self.bin.mkdir()
        self.package.mkdir(parents=True)
        (self.folder / "tools").mkdir()
        for tool in TOOLS:
            (self.folder / "tools" / tool).symlink_to(str(shutil.which(tool)))
        given = {
            "python": sys.executable,
            "bucket": str(self.bucket),
            "calls": self.calls,
            "bin": self.bin,
        }
        self.program("aws", AWS.format(**given))
        self.program("dnf", DNF.format(**given))
        self.program("shutdown", f'#!/bin/sh\necho "shutdown $*" >> {self.calls}\n')
        self.pack("exit 0")

    def program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def pack(self, act: str) -> None:
        """Make a package whose Python is a script that acts."""
        python = self.folder / "python"
        python.write_text(DRIVER.format(said=self.said, act=act))
        python.chmod(0o755)
        archive = self.package / "environment.tar.gz"
        with tarfile.open(archive, "w:gz") as packed:
            packed.add(python, "bin/python")
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        (self.package / "package.json").write_text(json.dumps({"archive_sha256": digest}))
        (self.package / "launch.py").write_text("")

    def command(self, *words: str, **environ: str) -> list[str]:
        path = f"PATH={self.bin}:{self.folder / 'tools'}"
        more = [f"{name}={value}" for name, value in environ.items()]
        return ["env", "-i", path, f"FRUITS_WORK={self.work}", *more, str(SCRIPT), *words]

    def run(self, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*words, **environ), capture_output=True, text=True, check=False, timeout=60
        )

    def usual(self, minutes: str = "30", **environ: str) -> "subprocess.CompletedProcess[str]":
        places = ("s3://b/fruits/packages/p1/", "s3://b/logs/servers/s1")
        return self.run(*places, minutes, "s1", *ARGUMENTS, **environ)

    @property
    def called(self) -> list[str]:
        return self.calls.read_text().splitlines()

    @property
    def log(self) -> str:
        return (self.bucket / "b" / "logs" / "servers" / "s1" / "server.log").read_text()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_it_sets_its_own_end_before_anything_else_and_ends_with_the_run(stage):
    assert stage.usual("30").returncode == 0
    assert stage.called[0] == "shutdown -h +45"
    assert stage.called[-1] == "shutdown -h now"


def test_the_arguments_reach_the_launcher_as_they_are_and_python_is_the_packages(stage):
    stage.usual()
    python, home, submission, *arguments = stage.said.read_text().splitlines()
    assert python == f"{stage.work}/environment/bin/python"
    assert home == f"{stage.work}/home"
    assert (submission, arguments) == ("s1", ARGUMENTS)


def test_what_is_missing_is_installed_and_what_is_there_is_not(stage):
    stage.usual()
    installed = [call for call in stage.called if call.startswith("dnf")]
    assert installed[0] == "dnf install -y -q java-17-amazon-corretto-headless"
    assert len(installed) <= 2
    stage.calls.unlink()
    stage.usual()
    assert not [call for call in stage.called if call.startswith("dnf")]


def test_the_log_is_in_the_bucket_with_what_the_driver_said_and_its_code(stage):
    stage.pack("exit 3")
    assert stage.usual().returncode == 3
    assert "the driver speaks" in stage.log
    assert "fruits: ended with 3" in stage.log
    assert stage.called[-1] == "shutdown -h now"


def test_an_archive_that_is_not_the_one_of_its_manifest_is_not_run(stage):
    (stage.package / "environment.tar.gz").write_bytes(b"another")
    assert stage.usual().returncode == 6
    assert not stage.said.exists()
    assert "not the one of its manifest" in stage.log
    assert stage.called[-1] == "shutdown -h now"


@pytest.mark.parametrize("name", ["environment.tar.gz", "launch.py", "package.json"])
def test_a_package_that_is_not_whole_ends_the_server(stage, name):
    (stage.package / name).unlink()
    assert stage.usual().returncode == 5
    assert f"cannot fetch s3://b/fruits/packages/p1/{name}" in stage.log
    assert stage.called[-1] == "shutdown -h now"


def test_what_cannot_be_installed_ends_the_server(stage):
    assert stage.usual(DNF_FAILS="1").returncode != 0
    assert stage.called[0] == "shutdown -h +45"
    assert stage.called[-1] == "shutdown -h now"


def test_a_log_that_cannot_be_sent_does_not_keep_the_server(stage):
    stage.program("aws", "#!/bin/sh\nexit 1\n")
    assert stage.usual().returncode == 5
    assert stage.called[-1] == "shutdown -h now"


def test_a_run_that_hangs_is_ended_when_its_time_is_over(stage):
    stage.pack("exec sleep 600")
    script = stage.folder / "server.sh"
    script.write_text(SCRIPT.read_text().replace("$((minutes * 60))", "1"))
    script.chmod(0o755)
    command = stage.command(
        "s3://b/fruits/packages/p1", "s3://b/logs/servers/s1", "30", "s1", "run"
    )
    command[command.index(str(SCRIPT))] = str(script)
    assert subprocess.run(command, check=False, timeout=60).returncode == 124
    assert stage.called[-1] == "shutdown -h now"


def test_a_server_that_is_told_to_stop_sends_its_log_and_ends(stage):
    stage.pack("exec sleep 600")
    command = stage.command(
        "s3://b/fruits/packages/p1", "s3://b/logs/servers/s1", "30", "s1", "run"
    )
    process = subprocess.Popen(command, start_new_session=True)
    while not stage.said.exists():
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(60) in {124, 143}
    assert stage.called[-1] == "shutdown -h now"
    assert "ended with" in stage.log


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("s3://b/p", "s3://b/l", "30"),
        *((("s3://b/p", "s3://b/l", m, "s1")) for m in ("0", "", "soon", "-5", "1.5")),
    ],
)
def test_a_call_that_makes_no_sense_ends_the_server_at_once(stage, words):
    assert stage.run(*words).returncode == 2
    assert stage.called == ["shutdown -h now"]
