import sys
from pathlib import Path

import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from fruits.errors import ConfigError
from fruits.storage.uri import canonical, filesystem, is_local


@pytest.mark.parametrize(
    "name",
    ["my photos", "fraises été 🍓", "a%20b", "100%", "a#b", "a?b", "a:b", "a::b", "[x]*", "~"],
)
def test_a_plain_path_keeps_its_characters(tmp_path: Path, name: str):
    folder = tmp_path / name
    folder.mkdir()
    assert canonical(str(folder)) == str(folder)
    fs, path = filesystem(str(folder))
    assert is_local(fs)
    assert fs.isdir(path)


def test_slashes_dots_and_symlinks_make_no_second_place(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    expected = str(tmp_path / "real")
    for spelling in ("real/", "real//", "real/../real", "./real/.", "link", "link/"):
        assert canonical(f"{tmp_path}/{spelling}") == expected


def test_a_relative_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert canonical("photos") == f"{tmp_path}/photos"
    assert canonical(".") == str(tmp_path)


def test_a_file_uri_is_the_path_that_it_encodes(tmp_path: Path):
    folder = tmp_path / "été à 100% #1"
    assert canonical(folder.as_uri()) == str(folder)
    assert canonical(f"file://{tmp_path}/a b") == f"{tmp_path}/a b"
    assert canonical(f"file://localhost{tmp_path}/x") == f"{tmp_path}/x"
    assert canonical(f"FILE:{tmp_path}/x") == f"{tmp_path}/x"


def test_the_root_of_the_disk_stays_the_root():
    assert canonical("/") == "/"
    assert canonical("file:///") == "/"


def test_another_scheme_loses_its_trailing_slash_and_nothing_else():
    assert canonical("s3://bucket/a b/%20/") == "s3://bucket/a b/%20"
    assert canonical("S3://bucket/Key//") == "s3://bucket/Key"
    assert canonical("memory://x/y") == "memory://x/y"


def test_a_windows_drive_is_no_scheme():
    fs, _ = filesystem("C:/photos")
    assert isinstance(fs, LocalFileSystem)


def test_any_fsspec_filesystem_serves():
    fs, path = filesystem("memory://photos/")
    assert isinstance(fs, MemoryFileSystem)
    assert path == "/photos"
    assert not is_local(fs)


def test_an_unknown_scheme_is_a_usage_error_that_names_it():
    with pytest.raises(ConfigError, match=r"gopher://.*unknown"):
        filesystem("gopher://photos")


def test_a_missing_library_names_the_extra_to_install(monkeypatch: pytest.MonkeyPatch):
    for name in ("obstore", "fruits.storage.s3", "hdfs_native", "hdfs_native.fsspec", "gcsfs"):
        monkeypatch.setitem(sys.modules, name, None)
    for scheme, extra in {"s3": "aws", "hdfs": "hdfs"}.items():
        with pytest.raises(ConfigError, match=rf"pip install 'fruits\[{extra}\]'"):
            filesystem(f"{scheme}://place/photos")
    with pytest.raises(ConfigError, match="library for gs://"):
        filesystem("gs://bucket/photos")


@pytest.mark.parametrize("text", ["", "a\0b", "file:///a%00b"])
def test_what_cannot_be_a_path_is_a_usage_error(text: str):
    with pytest.raises(ConfigError, match="is no path"):
        canonical(text)


def test_a_symlink_to_itself_does_not_hang(tmp_path: Path):
    (tmp_path / "loop").symlink_to("loop")
    assert canonical(str(tmp_path / "loop")).startswith(str(tmp_path))
