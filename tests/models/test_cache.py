import hashlib
from pathlib import Path

import pytest

from fruits.errors import ModelError
from fruits.models.cache import cache_folder, replacing, sha256_of, write_atomically


def test_the_own_variable_wins_over_the_desktop_standard(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    monkeypatch.setenv("FRUITS_CACHE", "/own")
    assert cache_folder() == Path("/own")


def test_the_desktop_standard_wins_over_the_home_folder(monkeypatch):
    monkeypatch.delenv("FRUITS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/fruits")


def test_without_any_variable_the_cache_is_in_the_home_folder(monkeypatch):
    monkeypatch.delenv("FRUITS_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache_folder() == Path("/home/someone/.cache/fruits")


def test_a_digest_is_the_sha256_of_the_content(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"fruit" * 100_000)
    assert sha256_of(path) == hashlib.sha256(b"fruit" * 100_000).hexdigest()


def test_the_digest_of_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(ModelError, match="gone cannot be read"):
        sha256_of(tmp_path / "gone")


def test_writing_makes_the_folders_and_leaves_nothing_else_behind(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_while_writing_keeps_the_old_file_and_no_rest(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(KeyError), replacing(path) as partial:
        partial.write_bytes(b"half")
        raise KeyError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.glob("*file")) == [path]


def test_a_cache_that_cannot_be_written_is_an_error_with_the_remedy(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ModelError, match="set FRUITS_CACHE"):
        write_atomically(tmp_path / "file" / "below", b"")
