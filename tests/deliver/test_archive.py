"""The archive: equal bytes for equal members, ZIP64 where it must be, whole or not there."""

import io
import tracemalloc
import zipfile
from datetime import date

import pytest

from fruits.deliver.archive import Member, new_file, write_archive
from fruits.errors import ConfigError, FruitsError

DAY = date(2026, 11, 28)


def members(*, size: int = 5) -> list[Member]:
    return [Member.of_bytes(f"Zoé/{number}.csv", b"apple" * size) for number in range(3)]


def test_equal_members_make_equal_bytes_dated_with_the_day(tmp_path):
    first = write_archive(tmp_path / "a.zip", members(), DAY)
    again = write_archive(tmp_path / "b.zip", members(), DAY)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert first == again
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert {info.date_time for info in archive.infolist()} == {(2026, 11, 28, 0, 0, 0)}
        assert archive.namelist() == ["Zoé/0.csv", "Zoé/1.csv", "Zoé/2.csv"]


def test_another_day_or_content_makes_other_bytes(tmp_path):
    one = write_archive(tmp_path / "a.zip", members(), DAY).sha256
    assert write_archive(tmp_path / "b.zip", members(), date(2026, 12, 1)).sha256 != one
    assert write_archive(tmp_path / "b.zip", members(size=6), DAY).sha256 != one


def test_names_with_accents_are_marked_as_utf_8(tmp_path):
    write_archive(tmp_path / "a.zip", members(), DAY)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert all(info.flag_bits & 0x800 for info in archive.infolist())


def test_text_is_packed_and_what_is_packed_already_is_not(tmp_path):
    some = [Member.of_bytes(name, b"0" * 999) for name in ("a.csv", "a.parquet", "a.JPG", "a.pptx")]
    write_archive(tmp_path / "a.zip", some, DAY)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        packed = {info.filename: info.compress_size < 999 for info in archive.infolist()}
    assert packed == {"a.csv": True, "a.parquet": False, "a.JPG": False, "a.pptx": False}


def zeros(size: int) -> Member:
    """A member of so many zeros that are nowhere at once."""

    class Zeros(io.RawIOBase):
        left = size

        def read(self, most: int = -1) -> bytes:
            count = min(self.left, most)
            self.left -= count
            return bytes(count)

    return Member("matrix.csv", size, Zeros)


def test_a_large_member_is_never_in_memory_as_a_whole(tmp_path):
    tracemalloc.start()
    write_archive(tmp_path / "a.zip", [zeros(200_000_000)], DAY)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.slow
def test_a_member_above_4_gib_is_written_with_zip64(tmp_path):
    size = 2**32 + 5
    assert write_archive(tmp_path / "a.zip", [zeros(size)], DAY).members == {"matrix.csv": size}
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.getinfo("matrix.csv").file_size == size
        assert archive.testzip() is None


def test_a_member_that_changes_while_it_is_read_is_an_error(tmp_path):
    changed = Member("matrix.csv", 10, lambda: io.BytesIO(b"short"))
    with pytest.raises(FruitsError, match=r"matrix\.csv changed while it was read \(10 bytes"):
        write_archive(tmp_path / "a.zip", [changed], DAY)


def test_a_file_that_fails_on_its_way_leaves_nothing_and_the_older_one_alone(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"older")
    with pytest.raises(FruitsError), new_file(tmp_path / "a.zip") as beside:
        beside.write_bytes(b"half")
        raise FruitsError("no more")
    assert [file.name for file in tmp_path.iterdir()] == ["a.zip"]
    assert (tmp_path / "a.zip").read_bytes() == b"older"


def test_a_file_appears_when_it_is_whole_and_others_may_read_it(tmp_path):
    with new_file(tmp_path / "new" / "a.zip") as beside:
        beside.write_bytes(b"whole")
        assert not (tmp_path / "new" / "a.zip").exists()
    assert (tmp_path / "new" / "a.zip").read_bytes() == b"whole"
    assert (tmp_path / "new" / "a.zip").stat().st_mode & 0o777 == 0o644


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError, match="check --output"), new_file(tmp_path / "file" / "a.zip"):
        pytest.fail("there is no such folder")
