import json
import os
import random
from pathlib import Path

import fsspec
import pytest

from fruits.errors import InputError
from fruits.storage.source import ImageRef, Source, open_source


def make(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(path.encode())
    return root


def listed(source: Source, split: str | None = None) -> list[ImageRef]:
    return [ref for page in source.pages(split=split) for ref in page]


def paths(source: Source, split: str | None = None) -> list[str]:
    return [ref.path for ref in listed(source, split)]


def test_images_come_sorted_by_path_whatever_the_order_on_disk(tmp_path: Path):
    names = ["b/1.jpg", "a/2.jpg", "a b/3.PNG", "a.jpg", "a/é.jpeg", "a/z/4.webp", "a-1.jpg"]
    random.Random(1).shuffle(names)
    assert paths(open_source(str(make(tmp_path, *names)))) == sorted(names)


def test_what_is_no_image_is_not_listed(tmp_path: Path):
    make(tmp_path, "a.jpg", "readme.txt", ".hidden/b.jpg", "__MACOSX/._a.jpg", "c.jpg/d.jpg")
    assert paths(open_source(str(tmp_path))) == ["a.jpg", "c.jpg/d.jpg"]


def test_a_hidden_folder_is_not_even_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    make(tmp_path, ".git/objects/a.jpg", "a.jpg")
    opened: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: opened.append(path) or scandir(path))
    assert paths(open_source(str(tmp_path))) == ["a.jpg"]
    assert not any(".git" in path for path in opened)


def test_a_folder_of_three_thousand_files_comes_in_pages(tmp_path: Path):
    make(tmp_path, *(f"{i:04d}.jpg" for i in range(3000)))
    pages = list(open_source(str(tmp_path)).pages())
    assert [len(page) for page in pages] == [1000, 1000, 1000]
    assert [ref.path for page in pages for ref in page] == [f"{i:04d}.jpg" for i in range(3000)]


def test_a_split_keeps_its_images_only(tmp_path: Path):
    make(tmp_path, "Training/Kiwi/1.jpg", "Test/Kiwi/1.jpg", "val/Kiwi/1.jpg", "Kiwi/1.jpg")
    source = open_source(str(tmp_path))
    assert paths(source, "training") == ["Training/Kiwi/1.jpg"]
    assert paths(source, "validation") == ["val/Kiwi/1.jpg"]
    assert len(paths(source)) == 4


def test_a_reference_tells_size_and_time_and_reads_its_bytes(tmp_path: Path):
    make(tmp_path, "a%20b #?.jpg")
    os.utime(tmp_path / "a%20b #?.jpg", ns=(0, 1_700_000_000_123_456_789))
    source = open_source(str(tmp_path))
    [ref] = listed(source)
    assert ref == ImageRef("a%20b #?.jpg", 12, 1_700_000_000_123_456, "")
    assert source.read(ref) == b"a%20b #?.jpg"


def test_a_reference_survives_its_trip_through_json():
    for ref in (ImageRef("é.jpg", 5, None, ""), ImageRef("a", 5, 7, "crc32:0", 9, 4, 8)):
        assert ImageRef.from_row(json.loads(json.dumps(ref.to_row()))) == ref
    assert len(ImageRef("a.jpg", 5, 7, "").to_row()) == 4


def test_symlinked_folders_are_followed_and_loops_end(tmp_path: Path):
    make(tmp_path / "in", "a/1.jpg")
    make(tmp_path / "elsewhere", "2.jpg")
    (tmp_path / "in/a/up").symlink_to(tmp_path / "in")
    (tmp_path / "in/a/self").symlink_to("self")
    (tmp_path / "in/out").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "in")
    assert paths(open_source(str(tmp_path / "in"))) == ["a/1.jpg", "out/2.jpg"]


def test_a_broken_link_is_listed_and_fails_when_read(tmp_path: Path):
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    source = open_source(str(tmp_path))
    [ref] = listed(source)
    with pytest.raises(FileNotFoundError):
        source.read(ref)


def test_a_pipe_called_jpg_does_not_block_the_run(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.jpg")
    make(tmp_path, "a.jpg")
    assert paths(open_source(str(tmp_path))) == ["a.jpg"]


def test_a_name_that_is_not_utf8_becomes_text_and_can_still_be_read(tmp_path: Path):
    (tmp_path / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"latin")
    source = open_source(str(tmp_path))
    [ref] = listed(source)
    assert ref.path == "caf\\udce9.jpg"
    assert source.read(ref) == b"latin"


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    make(tmp_path, "a/1.jpg", "b/2.jpg")
    scandir = os.scandir

    def refuse(path: str):
        if str(path).endswith("/b"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match=f"{tmp_path}/b"):
        paths(open_source(str(tmp_path)))


def test_a_single_image_is_a_source_of_one(tmp_path: Path):
    make(tmp_path, "a b.jpg", "c.jpg")
    source = open_source(f"{tmp_path}/a b.jpg")
    [ref] = listed(source)
    assert (ref.path, ref.size) == ("a b.jpg", 7)
    assert source.read(ref) == b"a b.jpg"


def test_a_missing_input_says_so(tmp_path: Path):
    with pytest.raises(InputError, match=r"nothing at .*nowhere"):
        open_source(f"{tmp_path}/nowhere")
    with pytest.raises(InputError, match="nothing at"):
        open_source("memory://nowhere/at/all")


def test_a_file_that_is_no_image_is_refused(tmp_path: Path):
    make(tmp_path, "notes.txt")
    with pytest.raises(InputError, match="neither a folder"):
        open_source(f"{tmp_path}/notes.txt")


def test_an_empty_folder_is_an_empty_source(tmp_path: Path):
    assert list(open_source(str(tmp_path)).pages()) == []


def test_an_object_store_lists_and_reads_like_a_disk(tmp_path: Path):
    names = ["b/1.jpg", "a b/é.jpg", "a/2.jpg", "a.jpg", "notes.txt"]
    make(tmp_path, *names)
    store = fsspec.filesystem("memory")
    for name in names:
        store.pipe_file(f"/folder-test/{name}", name.encode())
    source = open_source("memory://folder-test/")
    refs = listed(source)
    assert [(r.path, r.size) for r in refs] == [
        (r.path, r.size) for r in listed(open_source(str(tmp_path)))
    ]
    assert [source.read(ref) for ref in refs] == [ref.path.encode() for ref in refs]
    assert all(ref.modified and ref.modified > 1_600_000_000_000_000 for ref in refs)
    assert paths(open_source("memory://folder-test/a.jpg")) == ["a.jpg"]


def test_what_object_stores_say_of_a_file_is_kept(monkeypatch: pytest.MonkeyPatch):
    from datetime import UTC, datetime

    store = fsspec.filesystem("memory")
    store.pipe_file("/etag-test/a.jpg", b"123")
    listing = [
        {"name": "/etag-test", "size": 0, "type": "directory"},
        {
            "name": "/etag-test/a.jpg",
            "size": 3,
            "type": "file",
            "ETag": '"d41d8-2"',
            "LastModified": datetime(2026, 1, 2, tzinfo=UTC),
        },
    ]
    monkeypatch.setattr(type(store), "ls", lambda self, path, detail=True: listing)
    assert listed(open_source("memory://etag-test")) == [
        ImageRef("a.jpg", 3, 1_767_312_000_000_000, "d41d8-2")
    ]
