"""What these tests share: a package without weight, an attentive ear, programs that play a role."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fruits.cloud import watch, yarn
from fruits.cloud.own_wheel import wheel_name
from fruits.cloud.package import ARCHIVE, LAUNCH, MANIFEST, Manifest, Package
from fruits.report.posted import posted_name
from fruits.storage.output import Output


@dataclass
class Heard:
    """A progress that keeps what it is told, in order, and lets a test react to a stage."""

    told: list[tuple[object, ...]] = field(default_factory=list)
    on_stage: Callable[[], None] = lambda: None

    def begin(self, run_id: str) -> None:
        self.told.append(("begin", run_id))

    def stage(self, name: str, detail: str = "") -> None:
        self.told.append(("stage", name, detail))
        self.on_stage()

    def advance(self, done: int, total: int) -> None:
        self.told.append(("advance", done, total))

    def note(self, message: str) -> None:
        self.told.append(("note", message))

    def of(self, kind: str) -> list[tuple[object, ...]]:
        return [rest for first, *rest in self.told if first == kind]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def light_package(tmp_path: Path) -> Package:
    """A folder that looks like a package, of a few bytes."""
    folder = tmp_path / "fruits-0.1.0-linux-x86_64-0123456789ab"
    folder.mkdir()
    for name in (ARCHIVE, LAUNCH, wheel_name(), MANIFEST):
        (folder / name).write_bytes(name.encode() * 1000)
    manifest = Manifest(
        digest="0123456789ab", fruits="0.1.0", platform="linux-x86_64", python="3.11",
        extras=[], models=["mobilenet_v2"], archive_sha256="", archive_bytes=1, unpacked_bytes=1,
    )  # fmt: skip
    return Package(folder, manifest)


@pytest.fixture(scope="session")
def python311() -> str:
    """A Python 3.11 that is no virtual environment's, as a cluster's machines have one."""
    base = getattr(sys, "_base_executable", sys.executable)
    found = shutil.which("/usr/bin/python3.11") or (base if sys.version_info[:2] == (3, 11) else "")
    if not found:
        pytest.skip("no Python 3.11 here outside of a virtual environment")
    return found


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that stands for the output in HDFS; nobody waits long between two looks."""
    folder = tmp_path / "sorties été"
    monkeypatch.setattr(yarn, "Output", lambda _: Output(str(folder)))
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.02)
    return folder


@pytest.fixture
def write_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: Path):
    """Write a Python program of that name, first on the PATH; it may `post` for submission "s"."""
    folder = tmp_path / "programmes"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.delenv("SPARK_HOME", raising=False)

    def write(name: str, body: str) -> Path:
        post = output / posted_name("s")
        file = folder / name
        file.write_text(
            f"#!{sys.executable} -S\nimport json, os, pathlib, sys, time\n"
            f"def post(**said):\n"
            f"    file = pathlib.Path({str(post)!r})\n"
            f"    file.parent.mkdir(parents=True, exist_ok=True)\n"
            f"    file.with_name('.x.tmp').write_text(json.dumps({{'submission': 's', **said}}))\n"
            f"    file.with_name('.x.tmp').replace(file)\n{body}"
        )
        file.chmod(0o755)
        return file

    return write
