"""Hadoop's jars are those of the lock, or none."""

import hashlib
from pathlib import Path

import pytest

from rehearsal import artefacts
from rehearsal.artefacts import hadoop_jars, read_lock


@pytest.fixture
def jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two small jars, and a lock that names them."""
    folder = tmp_path / "jars été"
    folder.mkdir()
    lock = tmp_path / "jars.sha256"
    with lock.open("w") as lines:
        for name in ("one-1.0.jar", "two-2.0.jar"):
            (folder / name).write_bytes(name.encode())
            lines.write(f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n")
    monkeypatch.setattr(artefacts, "LOCK", lock)
    return folder


def test_the_jars_of_the_lock_are_taken_and_no_others(jars: Path):
    (jars / "three.jar").write_bytes(b"3")
    assert [jar.name for jar in hadoop_jars(jars)] == ["one-1.0.jar", "two-2.0.jar"]


def test_a_jar_that_is_another_one_is_refused_by_name(jars: Path):
    (jars / "two-2.0.jar").write_bytes(b"another")
    with pytest.raises(SystemExit, match=r"two-2\.0\.jar has sha256 .*, jars\.sha256 says"):
        hadoop_jars(jars)


def test_a_missing_jar_needs_maven(jars: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (jars / "one-1.0.jar").unlink()
    with pytest.raises(SystemExit, match="needs Maven"):
        hadoop_jars(jars)


def test_the_lock_of_the_repository_is_a_list_of_jars():
    lock = read_lock()
    assert len(lock) > 10
    assert all(name.endswith(".jar") and len(digest) == 64 for name, digest in lock.items())
