"""Input that means harm: each case is refused, or a row of rejects, and nothing lands elsewhere."""

import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from fruits import Config
from fruits.errors import ConfigError, InputError
from fruits.pipeline import pack, run
from fruits.storage.archive import ArchiveSource
from fruits.storage.source import ImageRef, open_source
from fruits.work.refusals import MAX_FILE_BYTES, refuse

from photos import photo, write
from tables import csv_matrix, feature_rows, matrix, rejects


@pytest.fixture
def network(tiny_onnx: Path) -> dict[str, object]:
    return {"model": str(tiny_onnx), "components": 2, "runner": "local", "max_rejected": 1}


def archive(file: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w") as to:
        for name, content in members.items():
            to.writestr(name, content)
    return file


def fruit(count: int = 4) -> dict[str, bytes]:
    return {f"Test/Fig/{index}.jpg": photo(index) for index in range(count)}


SLIPS = (
    "../../evil.jpg",
    "/etc/evil.jpg",
    "Test/../../../evil.jpg",
    "a\\..\\..\\evil.jpg",
    "C:/evil.jpg",
)


@pytest.mark.parametrize("packed", [False, True])
def test_names_that_lead_out_of_an_archive_are_rejects_and_nothing_is_written_outside(
    tmp_path: Path, network: dict, packed: bool
):
    place = tmp_path / "inner" / "place"
    place.mkdir(parents=True)
    source = archive(place / "slip.zip", fruit() | {name: photo(9) for name in SLIPS})
    before = {file for file in tmp_path.rglob("*") if file.is_file()}
    out = place / "out"
    if packed:
        pack(Config(input=str(source), output=str(out), runner="local", max_rejected=1))
    else:
        run(Config(input=str(source), output=str(out), **network))
        assert len(matrix(out)[0]) == 4
    assert rejects(out) == dict.fromkeys(SLIPS, "unsafe-name")
    written = {file for file in tmp_path.rglob("*") if file.is_file()} - before
    assert all(file.is_relative_to(out) for file in written)


@pytest.mark.parametrize(
    "name",
    [
        "a\nb.jpg",
        "a\rb.jpg",
        "a\x1b[31mb.jpg",
        "a\x00b.jpg",
        "a\u202egpj.b.jpg",
        "a\u2028b.jpg",
        "\x7f.jpg",
    ],
)
def test_control_characters_in_a_name_make_it_a_reject_that_names_them(name: str):
    refusal = refuse(ImageRef(name, 10, 0, ""))
    assert refusal is not None
    assert refusal.reason == "unsafe-name"
    assert "U+" in refusal.detail
    assert refusal.detail.isprintable()


@pytest.mark.parametrize(
    "name",
    [
        "Pêche #2/1.jpg",
        "a b.jpg",
        "..a/b..jpg",
        "=1+1.jpg",
        "-1.jpg",
        "نارنگی\u200cها.jpg",
        "🍎.jpg",
        "<b>.jpg",
    ],
)
def test_unusual_names_are_no_crime(name: str):
    assert refuse(ImageRef(name, 10, 0, "")) is None


def test_a_newline_in_a_name_breaks_no_table(tmp_path: Path, network: dict):
    source = tmp_path / "photos"
    for name, content in fruit().items():
        write(source / name, content)
    write(source / "Test" / "Fig" / 'x\n"=1+1",y.jpg', photo(8))
    out = tmp_path / "out"
    run(Config(input=str(source), output=str(out), **network))
    assert rejects(out) == {'Test/Fig/x\n"=1+1",y.jpg': "unsafe-name"}
    assert len(csv_matrix(out)[1]) == 4


def test_a_spreadsheet_finds_no_formula_in_the_matrix_and_parquet_has_the_names_as_they_are(
    tmp_path: Path, network: dict
):
    source = tmp_path / "photos"
    labels = ("=HYPERLINK(0)", "+1", "-2", "@SUM(A1)", "Fig")
    for index, label in enumerate(labels):
        write(source / label / f"{index}.jpg", photo(index))
    out = tmp_path / "out"
    run(Config(input=str(source), output=str(out), **network))
    header, rows = csv_matrix(out)
    for row in rows:
        cells = dict(zip(header, row, strict=True))
        for key in ("image_id", "path", "split", "label"):
            assert not cells[key].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert {row[header.index("label")] for row in rows} == {
        "'=HYPERLINK(0)", "'+1", "'-2", "'@SUM(A1)", "Fig"
    }  # fmt: skip
    assert {row["label"] for row in feature_rows(out)} == set(labels)
    assert {path.split("/")[0] for path in matrix(out)[0]} == set(labels)


def test_markup_in_a_name_is_data_in_the_tables_and_not_in_the_report(
    tmp_path: Path, network: dict
):
    source = tmp_path / "photos"
    write(source / "<script>alert(1)<script>" / "[bold red]1.jpg", photo(1))
    write(source / "Fig" / "2.jpg", photo(2))
    out = tmp_path / "out"
    run(Config(input=str(source), output=str(out), **network | {"components": 1}))
    assert len(feature_rows(out)) == 2
    assert "<script>" not in (out / "report.json").read_text()


def test_escapes_in_a_name_do_not_reach_the_terminal(tmp_path: Path):
    folder = tmp_path / "a\x1b[2Jb"
    done = subprocess.run(
        [sys.executable, "-m", "fruits.cli", "run", "--input", str(folder), "--output", "out"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert "\x1b[2J" not in done.stderr
    assert "\\x1b[2Jb" in done.stderr


def test_a_member_that_swells_is_a_reject_and_takes_no_memory(tmp_path: Path, network: dict):
    """100 MB of zeros in 100 kB, and a header that promises 3 GB."""
    source = tmp_path / "bomb.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as to:
        for name, content in fruit().items():
            to.writestr(name, content)
        to.writestr("Test/Fig/zeros.jpg", bytes(100_000_000))
    out = tmp_path / "out"
    run(Config(input=str(source), output=str(out), **network))
    assert rejects(out) == {"Test/Fig/zeros.jpg": "not-an-image"}
    (ref, *_) = [
        r for page in ArchiveSource(str(source)).pages() for r in page if "zeros" in r.path
    ]
    liar = ImageRef(ref.path, 1_000, ref.modified, ref.etag, ref.offset, ref.packed, ref.method)
    tracemalloc.start()
    with pytest.raises(OSError, match="damaged in the archive"):
        ArchiveSource(str(source)).read(liar)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_a_file_of_gigabytes_is_a_reject_before_it_is_read(tmp_path: Path, network: dict):
    source = tmp_path / "photos"
    for name, content in fruit().items():
        write(source / name, content)
    huge = source / "Test" / "Fig" / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)  # a hole: it takes no room on the disk
    out = tmp_path / "out"
    run(Config(input=str(source), output=str(out), **network))
    # Read, it would be "not-an-image": it holds nothing but zeros.
    assert rejects(out) == {"Test/Fig/huge.jpg": "too-large"}


def test_an_archive_whose_members_share_their_bytes_is_refused(tmp_path: Path, network: dict):
    source = archive(tmp_path / "overlap.zip", {"Fig/a.jpg": photo(1, side=200)})
    content = source.read_bytes()
    at = content.index(b"PK\1\2")
    entry = content[at : content.index(b"PK\5\6")]
    copies = b"".join(entry.replace(b"Fig/a.jpg", b"Fig/%c.jpg" % letter) for letter in b"abcdefgh")
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 8, 8, len(copies), at, 0)
    source.write_bytes(content[:at] + copies + end)
    assert len(zipfile.ZipFile(source).namelist()) == 8
    with pytest.raises(InputError, match="they overlap"):
        run(Config(input=str(source), output=str(tmp_path / "out"), **network))


def test_an_archive_that_changes_under_the_reader_gives_rejects_not_other_people_s_bytes(
    tmp_path: Path,
):
    source = archive(tmp_path / "photos.zip", fruit(3))
    opened = open_source(str(source))
    refs = [ref for page in opened.pages() for ref in page]
    archive(
        tmp_path / "other.zip", {f"Private/{index}.jpg": photo(index + 50) for index in range(3)}
    )
    source.write_bytes((tmp_path / "other.zip").read_bytes())
    for ref in refs:
        with pytest.raises(OSError, match=r"damaged|changed|ends before"):
            open_source(str(source)).read(ref)


def test_symlinks_that_lead_in_circles_end_and_count_each_image_once(tmp_path: Path, network: dict):
    source = tmp_path / "photos"
    for name, content in fruit().items():
        write(source / name, content)
    (source / "Test" / "Fig" / "again").symlink_to(source, target_is_directory=True)
    (source / "self.jpg").symlink_to(source / "self.jpg")
    out = tmp_path / "out"
    run(Config(input=str(source), output=str(out), **network))
    assert len(feature_rows(out)) == 4
    assert rejects(out) == {"self.jpg": "unreadable"}


def test_a_file_that_may_not_be_read_is_a_reject(tmp_path: Path, network: dict):
    source = tmp_path / "photos"
    for name, content in fruit().items():
        write(source / name, content)
    (source / "Test" / "Fig" / "0.jpg").chmod(0)
    if os.access(source / "Test" / "Fig" / "0.jpg", os.R_OK):  # root reads everything
        (source / "Test" / "Fig" / "0.jpg").unlink()
        (source / "Test" / "Fig" / "0.jpg").symlink_to(tmp_path / "gone.jpg")
    out = tmp_path / "out"
    run(Config(input=str(source), output=str(out), **network))
    assert rejects(out) == {"Test/Fig/0.jpg": "unreadable"}


def test_a_hundred_thousand_files_in_one_folder_are_listed_in_pages_and_little_memory(
    tmp_path: Path,
):
    folder = tmp_path / "many"
    folder.mkdir()
    for index in range(100_000):
        os.close(os.open(folder / f"{index:06d}.jpg", os.O_CREAT))
    tracemalloc.start()
    count, longest = 0, 0
    for page in open_source(str(folder)).pages():
        count, longest = count + len(page), max(longest, len(page))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (count, longest) == (100_000, 1000)
    assert peak < 60_000_000  # 600 bytes an entry while one folder is sorted


@pytest.mark.parametrize("inside", [True, False])
def test_input_and_output_inside_each_other_are_refused_before_any_work(
    tmp_path: Path, network: dict, inside: bool
):
    source = tmp_path / "photos"
    write(source / "Fig" / "1.jpg", photo(1))
    output = source / "out" if inside else tmp_path
    with pytest.raises(ConfigError, match="one inside the other"):
        run(Config(input=str(source), output=str(output), **network))
    with pytest.raises(ConfigError, match="one inside the other"):
        pack(Config(input=str(source), output=str(output), runner="local"))
    assert sorted(file.name for file in tmp_path.rglob("*") if file.is_file()) == ["1.jpg"]


def test_rejected_names_do_not_grow_the_report(tmp_path: Path, network: dict):
    source = archive(
        tmp_path / "a.zip", fruit() | {f"../{'x' * 200}{i}.jpg": b"" for i in range(9)}
    )
    out = tmp_path / "out"
    run(Config(input=str(source), output=str(out), **network))
    assert "xxxx" not in (out / "report.json").read_text()
