"""Equal files make equal bytes and an equal name; whatever differs shows in the name."""

import random
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from fruits.cloud.archive import Entry, content_address, write_archive

NAMES = ("lib/Pêche #2/a b.py", "lib/kaki%20.txt", f"lib/{'très/long/' * 20}fin.so", "bin/python")
ENTRIES = [
    Entry(name, f"content of {name}".encode() * 50, owner=f"part {n % 2}", executable=n == 3)
    for n, name in enumerate(NAMES)
]


def test_the_order_in_which_files_come_changes_nothing(tmp_path: Path):
    turned = [ENTRIES[2], ENTRIES[0], ENTRIES[3], ENTRIES[1]]
    write_archive(tmp_path / "one", ENTRIES)
    write_archive(tmp_path / "two", turned)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert content_address(ENTRIES) == content_address(turned)


def test_a_file_on_the_disk_is_like_its_bytes_in_memory(tmp_path: Path):
    on_disk = []
    for n, entry in enumerate(ENTRIES):
        file = tmp_path / f"{n} é"
        file.write_bytes(entry.read())
        file.chmod(0o640)
        on_disk.append(replace(entry, source=file))
    write_archive(tmp_path / "one", ENTRIES)
    write_archive(tmp_path / "two", on_disk)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert content_address(ENTRIES) == content_address(on_disk)
    assert [entry.size for entry in ENTRIES] == [entry.size for entry in on_disk]


@pytest.mark.parametrize(
    "change",
    [{"source": b"content"}, {"executable": True}, {"name": "lib/Peche #2/a b.py"}],
    ids=["a byte", "the mode", "the name"],
)
def test_whatever_differs_is_in_the_address(change: dict[str, object]):
    changed = [replace(ENTRIES[0], **change), *ENTRIES[1:]]
    assert content_address(changed) != content_address(ENTRIES)


def test_who_owns_a_file_does_not_matter_for_the_address():
    owned = [replace(entry, owner="another") for entry in ENTRIES]
    assert content_address(owned) == content_address(ENTRIES)


def test_names_and_contents_come_back_with_fixed_modes_times_and_users(tmp_path: Path):
    write_archive(tmp_path / "a.tar.gz", ENTRIES)
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        members = archive.getmembers()
        found = {m.name: archive.extractfile(m).read() for m in members}
    assert found == {entry.name: entry.read() for entry in ENTRIES}
    assert {m.name for m in members if m.mode == 0o755} == {"bin/python"}
    assert {m.mode for m in members} == {0o755, 0o644}
    assert {(m.mtime, m.uid, m.gid, m.uname, m.gname) for m in members} == {(0, 0, 0, "", "")}


def test_the_compressed_file_tells_neither_a_time_nor_a_name(tmp_path: Path):
    write_archive(tmp_path / "pomme", ENTRIES)
    head = (tmp_path / "pomme").read_bytes()[:10]
    assert head[3] == 0
    assert head[4:8] == bytes(4)


def test_the_bytes_of_the_owners_add_up_to_the_archive(tmp_path: Path):
    noise = random.Random(0)
    sizes = {"numpy": 400_000, "pyarrow": 900_000, "networks": 200_000}
    entries = [
        Entry(f"lib/{owner}/{n}", noise.randbytes(size // 4), owner=owner)
        for owner, size in sizes.items()
        for n in range(4)
    ]
    spent = write_archive(tmp_path / "a.tar.gz", entries)
    assert spent.keys() == sizes.keys()
    assert sum(spent.values()) == pytest.approx((tmp_path / "a.tar.gz").stat().st_size, rel=0.02)
    for owner, size in sizes.items():
        assert spent[owner] == pytest.approx(size, abs=60_000)
