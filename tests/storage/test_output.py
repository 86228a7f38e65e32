import io
import json
from pathlib import Path

import fsspec
import pytest

from fruits.errors import ConfigError
from fruits.storage.output import Output


@pytest.fixture(params=["disk", "store"])
def output(request: pytest.FixtureRequest, tmp_path: Path) -> Output:
    if request.param == "disk":
        return Output(f"{tmp_path}/sorties été #1 100%")
    store = fsspec.filesystem("memory")
    if store.exists("/output-test"):
        store.rm("/output-test", recursive=True)
    return Output("memory://output-test")


def test_what_is_written_reads_back(output: Output):
    output.write("a/b c/é.json", b"1")
    output.write("a/b c/é.json", b"22")
    assert output.read("a/b c/é.json") == b"22"
    assert output.read("a/none") is None
    assert output.read("none/none") is None


def test_names_are_sorted_and_hold_folders_too(output: Output):
    for name in ("r/b.json", "r/a.json", "r/sub/c.json"):
        output.write(name, b"")
    assert output.names("r") == ["a.json", "b.json", "sub"]
    assert output.names("r/sub") == ["c.json"]
    assert output.names("none") == []


def test_removing_twice_is_harmless(output: Output):
    output.write("x", b"1")
    output.remove("x")
    output.remove("x")
    assert output.read("x") is None


def test_a_stream_appears_when_it_is_complete(tmp_path: Path):
    output = Output(str(tmp_path))
    with output.open_write("matrix/m.csv") as file:
        file.write(b"a,b\n")
        assert output.read("matrix/m.csv") is None
        assert output.names("matrix") == []
        file.write(b"1,2\n")
    assert output.read("matrix/m.csv") == b"a,b\n1,2\n"


def test_a_stream_that_fails_leaves_the_old_file(tmp_path: Path):
    output = Output(str(tmp_path))
    output.write("m.csv", b"old")
    with pytest.raises(KeyboardInterrupt), output.open_write("m.csv") as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert output.read("m.csv") == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["m.csv"]


class Upload(io.BytesIO):
    """An object store's file: it appears when it is committed, never when it is discarded."""

    fate = ""

    def commit(self) -> None:
        self.fate += "committed"

    def discard(self) -> None:
        self.fate += "discarded"


def test_an_upload_is_committed_at_the_end_or_not_at_all(monkeypatch: pytest.MonkeyPatch):
    output = Output("memory://output-test")
    uploads: list[Upload] = []

    def opened(self, path: str, mode: str, *, autocommit: bool) -> Upload:
        assert (path, mode, autocommit) == ("/output-test/m.csv", "wb", False)
        uploads.append(Upload())
        return uploads[-1]

    monkeypatch.setattr(type(output.fs), "open", opened)
    with output.open_write("m.csv") as file:
        file.write(b"1")
        assert uploads[0].fate == ""
    with pytest.raises(ValueError, match="stop"), output.open_write("m.csv") as file:
        raise ValueError("stop")
    assert [upload.fate for upload in uploads] == ["committed", "discarded"]


def test_a_stream_to_a_store_reads_back():
    output = Output("memory://output-test")
    with output.open_write("matrix/m.csv") as file:
        file.write(b"a,b\n")
        file.write(b"1,2\n")
    assert output.read("matrix/m.csv") == b"a,b\n1,2\n"


def test_removing_a_folder_twice_is_harmless(output: Output):
    output.write("r/x", b"1")
    output.remove("r/x")
    output.remove_folder("r")
    output.remove_folder("r")
    assert output.names("r") == []


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    output = Output(str(tmp_path))
    output.write("x", b"old")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        output.write("x", b"new")
    assert (tmp_path / "x").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_uris_and_free_space(tmp_path: Path):
    output = Output(f"{tmp_path}/a/b/")
    assert output.uri_of("pca/pca.npz") == f"{tmp_path}/a/b/pca/pca.npz"
    assert (output.free_bytes() or 0) > 0
    remote = Output("memory://bucket/out/")
    assert remote.uri_of("x") == "memory://bucket/out/x"
    assert remote.free_bytes() is None


def test_one_output_belongs_to_one_input(tmp_path: Path):
    output = Output(f"{tmp_path}/out")
    (tmp_path / "photos").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    output.claim(f"{tmp_path}/photos/")
    claim = json.loads((tmp_path / "out/_fruits/output.json").read_text())
    assert claim == {"input": f"{tmp_path}/photos", "format": 1, "holds": "features"}
    Output(f"{tmp_path}/out").claim(f"{tmp_path}/link")
    with pytest.raises(ConfigError, match=r"photos, not of .*others.*another --output"):
        output.claim(f"{tmp_path}/others")


@pytest.mark.parametrize(("source", "place"), [("a", "a/b"), ("a/b", "a"), ("a", "a"), ("a/", "a")])
def test_input_and_output_do_not_lie_one_inside_the_other(tmp_path: Path, source: str, place: str):
    with pytest.raises(ConfigError, match="one inside the other"):
        Output(f"{tmp_path}/{place}").claim(f"{tmp_path}/{source}")
    assert list(tmp_path.iterdir()) == []


def test_neighbours_with_the_same_beginning_are_not_inside(tmp_path: Path):
    Output(f"{tmp_path}/photos-out").claim(f"{tmp_path}/photos")
    assert (tmp_path / "photos-out/_fruits/output.json").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "null"])
def test_a_damaged_claim_is_an_error_that_names_the_file(tmp_path: Path, content: str):
    output = Output(f"{tmp_path}/out")
    output.write("_fruits/output.json", content.encode())
    with pytest.raises(ConfigError, match=r"out/_fruits/output\.json is damaged"):
        output.claim(f"{tmp_path}/photos")


@pytest.mark.parametrize("content", ["", "pear", "[1]", "null"])
def test_a_damaged_claim_says_nothing_of_what_the_output_holds(tmp_path: Path, content: str):
    output = Output(f"{tmp_path}/out")
    assert output.holds() is None
    output.write("_fruits/output.json", content.encode())
    assert output.holds() is None


def test_the_output_of_another_format_is_refused(tmp_path: Path):
    output = Output(f"{tmp_path}/out")
    output.write("_fruits/output.json", b'{"input": "x", "format": 2}')
    with pytest.raises(ConfigError, match="format 2"):
        output.claim(f"{tmp_path}/photos")


def test_an_output_that_cannot_be_written_is_a_usage_error(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError, match="cannot write"):
        Output(f"{tmp_path}/file/out").claim(f"{tmp_path}/photos")
