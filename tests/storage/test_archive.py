import io
import struct
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pytest

from fruits.errors import InputError
from fruits.storage.source import ImageRef, Source, open_source

METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
CONTENT = b"a fruit, a fruit, my kingdom for a fruit " * 200


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> str:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return str(path)


def listed(source: Source) -> list[ImageRef]:
    return [ref for page in source.pages() for ref in page]


def only(uri: str) -> tuple[Source, ImageRef]:
    source = open_source(uri)
    [ref] = listed(source)
    return source, ref


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("content", [CONTENT, b"", b"x"])
def test_members_of_every_usual_method_read_back(tmp_path: Path, method: int, content: bytes):
    source, ref = only(zipped(tmp_path / "a.zip", {"Test/é/1.jpg": content}, method))
    assert source.read(ref) == content
    assert (ref.path, ref.size, ref.method) == ("Test/é/1.jpg", len(content), method)
    assert ref.etag.startswith("crc32:")
    # A worker has nothing but the URI and the reference, which has travelled as a row.
    assert open_source(source.uri).read(ImageRef.from_row(ref.to_row())) == content


def test_images_come_sorted_and_nothing_else_comes(tmp_path: Path):
    names = ["b/", "b/2.jpg", "b/10.jpg", "a.jpg", "__MACOSX/._a.jpg", "notes.txt", "b.jpg/"]
    uri = zipped(tmp_path / "a.ZIP", dict.fromkeys(names, b""))
    assert [ref.path for ref in listed(open_source(uri))] == ["a.jpg", "b/10.jpg", "b/2.jpg"]


def test_a_split_keeps_its_images_only(tmp_path: Path):
    uri = zipped(tmp_path / "a.zip", {"x/Training/1.jpg": b"", "x/Test/1.jpg": b""})
    [[ref]] = open_source(uri).pages(split="test")
    assert ref.path == "x/Test/1.jpg"


def test_many_members_come_in_pages(tmp_path: Path):
    uri = zipped(tmp_path / "a.zip", {f"{i:04d}.jpg": b"%d" % i for i in range(2500)})
    source = open_source(uri)
    assert [len(page) for page in source.pages()] == [1000, 1000, 500]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(source.read, listed(source))) == [b"%d" % i for i in range(2500)]


def test_the_last_of_two_members_of_one_name_wins(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("1.jpg", b"old")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("1.jpg", b"new")
    source, ref = only(f"{tmp_path}/a.zip")
    assert source.read(ref) == b"new"


def test_names_that_point_outside_stay_names(tmp_path: Path):
    names = ["../x.jpg", "/etc/x.jpg", "C:/x.jpg"]
    source = open_source(zipped(tmp_path / "a.zip", dict.fromkeys(names, b"inside")))
    refs = listed(source)
    assert [ref.path for ref in refs] == sorted(names)
    assert {source.read(ref) for ref in refs} == {b"inside"}


def test_names_of_old_archives_are_spelt_as_zipfile_spells_them(tmp_path: Path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("caf_.jpg", CONTENT)
    (tmp_path / "a.zip").write_bytes(packed.getvalue().replace(b"caf_", b"caf\x82"))
    source, ref = only(f"{tmp_path}/a.zip")
    assert ref.path == "café.jpg"
    assert source.read(ref) == CONTENT


def test_long_extra_fields_and_a_prefix_do_not_hide_the_data(tmp_path: Path):
    packed = io.BytesIO()
    packed.write(b"#!/bin/sh self-extracting\n")
    with zipfile.ZipFile(packed, "a") as archive:
        info = zipfile.ZipInfo("1.jpg", (2026, 1, 2, 3, 4, 6))
        info.extra = struct.pack("<HH", 0xCAFE, 300) + bytes(300)
        archive.writestr(info, CONTENT)
    (tmp_path / "a.zip").write_bytes(packed.getvalue())
    source, ref = only(f"{tmp_path}/a.zip")
    assert source.read(ref) == CONTENT
    assert ref.modified == 1_767_323_046_000_000


def test_a_streamed_zip64_archive_reads_back(tmp_path: Path):
    class Pipe(io.RawIOBase):
        def __init__(self, file):
            self.file = file

        def writable(self):
            return True

        def write(self, data):
            return self.file.write(data)

    packed = io.BytesIO()
    with (
        zipfile.ZipFile(Pipe(packed), "w") as archive,
        archive.open("1.jpg", "w", force_zip64=True) as member,
    ):
        member.write(CONTENT)
    (tmp_path / "a.zip").write_bytes(packed.getvalue())
    source, ref = only(f"{tmp_path}/a.zip")
    assert source.read(ref) == CONTENT


def test_a_date_that_is_none_is_no_date(tmp_path: Path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("1.jpg"), b"x")
    date = struct.pack("<HH", 0, (1 << 5) | 1)
    (tmp_path / "a.zip").write_bytes(packed.getvalue().replace(date, bytes(4)))
    assert only(f"{tmp_path}/a.zip")[1].modified is None


@pytest.mark.parametrize("method", METHODS)
def test_a_damaged_member_is_an_os_error_that_names_it(tmp_path: Path, method: int):
    path = tmp_path / "a.zip"
    source, ref = only(zipped(path, {"1.jpg": CONTENT}, method))
    broken = bytearray(path.read_bytes())
    middle = ref.offset + 35 + ref.packed // 2
    broken[middle : middle + 4] = bytes(255 - byte for byte in broken[middle : middle + 4])
    path.write_bytes(broken)
    source, ref = only(str(path))
    with pytest.raises(OSError, match=r"1\.jpg: damaged"):
        source.read(ref)


def test_a_member_that_swells_beyond_its_size_is_cut_off(tmp_path: Path):
    source, ref = only(zipped(tmp_path / "a.zip", {"1.jpg": bytes(50_000_000)}))
    lying = ImageRef.from_row((ref.path, 10, None, ref.etag, ref.offset, ref.packed, ref.method))
    with pytest.raises(OSError, match="damaged"):
        source.read(lying)


def test_a_wrong_place_in_the_archive_is_an_os_error(tmp_path: Path):
    source, ref = only(zipped(tmp_path / "a.zip", {"1.jpg": CONTENT}))
    for offset in (ref.offset + 1, 10_000_000):
        moved = ImageRef(ref.path, ref.size, None, ref.etag, offset, ref.packed, ref.method)
        with pytest.raises(OSError, match="no header"):
            source.read(moved)


def test_a_member_cut_short_is_an_os_error(tmp_path: Path):
    path = tmp_path / "a.zip"
    source, ref = only(zipped(path, {"1.jpg": CONTENT}, zipfile.ZIP_STORED))
    path.write_bytes(path.read_bytes()[: ref.packed // 2])
    with pytest.raises(OSError, match="ends before"):
        source.read(ref)


def test_an_encrypted_member_says_so(tmp_path: Path):
    path = tmp_path / "a.zip"
    packed = bytearray(Path(zipped(path, {"1.jpg": CONTENT})).read_bytes())
    for at in (packed.index(b"PK\3\4") + 6, packed.index(b"PK\1\2") + 8):
        packed[at] |= 1
    path.write_bytes(packed)
    source, ref = only(str(path))
    with pytest.raises(OSError, match="encrypted"):
        source.read(ref)


def test_an_unknown_method_says_which(tmp_path: Path):
    source, ref = only(zipped(tmp_path / "a.zip", {"1.jpg": CONTENT}))
    odd = ImageRef(ref.path, ref.size, None, ref.etag, ref.offset, ref.packed, 9)
    with pytest.raises(OSError, match="method 9"):
        source.read(odd)


def broken_archives() -> Iterator[tuple[str, bytes]]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("é.jpg", CONTENT)
    whole = packed.getvalue()
    yield "truncated", whole[: len(whole) // 2]
    yield "no zip", b"\xff\xd8\xff this is a JPEG"
    yield "empty", b""
    yield "bad name", whole.replace("é".encode(), b"\xff\xff")


@pytest.mark.parametrize(("kind", "content"), list(broken_archives()))
def test_what_is_no_archive_is_an_input_error(tmp_path: Path, kind: str, content: bytes):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(InputError, match="not a complete zip archive"):
        listed(open_source(f"{tmp_path}/a.zip"))


def test_a_folder_called_zip_is_a_folder(tmp_path: Path):
    (tmp_path / "a.zip").mkdir()
    (tmp_path / "a.zip/1.jpg").write_bytes(b"1")
    assert only(f"{tmp_path}/a.zip")[1].path == "1.jpg"


def test_an_archive_in_an_object_store_reads_by_ranges(tmp_path: Path):
    uri = zipped(tmp_path / "a.zip", {"1.jpg": CONTENT, "2.jpg": b"two"})
    store = fsspec.filesystem("memory")
    store.pipe_file("/archive-test/a.zip", Path(uri).read_bytes())
    source = open_source("memory://archive-test/a.zip")
    assert [source.read(ref) for ref in listed(source)] == [CONTENT, b"two"]
    assert listed(source) == listed(open_source(uri))


@pytest.mark.data
def test_the_real_archive_lists_every_image(shared_data: Path):
    source = open_source(str(shared_data / "fruits-360.zip"))
    refs = listed(source)
    assert len(refs) == 26_837
    assert sum(len(page) for page in source.pages(split="test")) == 13_877
    with zipfile.ZipFile(shared_data / "fruits-360.zip") as archive:
        for ref in refs[::2000]:
            assert source.read(ref) == archive.read(ref.path)
