"""`fruits pack`: many files become a few, nothing is said beside the pixels, nothing is lost."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from PIL import Image

from fruits import Config
from fruits.errors import ConfigError, TooManyRejects
from fruits.pipeline import features, pack, run
from fruits.stages import ledger
from fruits.storage.packed import PackedSource
from fruits.storage.source import DamagedError, open_source
from planted import MARKS, everything

from photos import photo, write
from tables import feature_rows, matrix, rejects


@pytest.fixture
def packing(photos: Path, tmp_path: Path) -> Config:
    """How to pack 60 photos and three broken files."""
    return Config(input=str(photos), output=str(tmp_path / "packed"), runner="local")


@pytest.fixture
def packed(packing: Config) -> Path:
    """The packed store of them."""
    pack(packing)
    return Path(packing.output)


def images(store: Path) -> list[dict]:
    """Read a packed store as a stranger would."""
    table = ds.dataset(store / "images", format="parquet", exclude_invalid_files=True).to_table()
    return sorted(table.to_pylist(), key=lambda row: row["path"])


def chain(source: Path, output: Path, network: Path) -> Path:
    run(
        Config(
            input=str(source), output=str(output), model=str(network), components=5, runner="local",
            max_rejected=1,
        )
    )  # fmt: skip
    return output


def everything_under(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield str(file.relative_to(folder)), file.read_bytes()


def test_each_file_is_a_row_that_tells_of_the_original(packed: Path, photos: Path):
    rows = images(packed)
    assert len(rows) == 60
    for row in rows:
        original = (photos / row["path"]).read_bytes()
        assert row["image_id"] == hashlib.sha256(original).hexdigest()
        assert row["size"] == len(original)
        assert (row["label"], row["orientation"]) == (Path(row["path"]).parent.name, 1)
        assert row["split"] in ("training", "test")
    assert rejects(packed) == {
        "Test/Apple Red 1/empty.jpg": "empty",
        "Test/Apple Red 1/letter.jpg": "not-an-image",
        "Test/Pêche #2/cut.jpg": "truncated",
    }


def test_the_matrix_of_the_packed_images_is_that_of_the_files(
    packed: Path, photos: Path, tiny_onnx: Path, tmp_path: Path
):
    plain = chain(photos, tmp_path / "plain", tiny_onnx)
    out = chain(packed, tmp_path / "out", tiny_onnx)
    assert matrix(out)[0] == matrix(plain)[0]
    np.testing.assert_array_equal(matrix(out)[1], matrix(plain)[1])
    same = ("image_id", "path", "split", "label", "width", "height", "size", "features")
    for found, expected in zip(feature_rows(out), feature_rows(plain), strict=True):
        assert [found[key] for key in same] == [expected[key] for key in same]
    assert rejects(packed) == rejects(plain)


def test_a_second_call_packs_what_is_new_or_has_changed(packing: Config, photos: Path):
    first = pack(packing)
    assert (first.images.featurised, first.images.rejected, first.images.skipped) == (60, 3, 0)
    again = pack(packing)
    assert (again.images.skipped, again.table_files, again.runner) == (63, 0, "none")
    write(photos / "Test" / "Lemon" / "new.jpg", photo(777))
    changed = photos / "Training" / "Apple Red 1" / "0000.jpg"
    changed.write_bytes(photo(778))
    report = pack(packing)
    assert (report.images.featurised, report.images.skipped) == (2, 62)
    rows = {row["path"]: row for row in images(Path(packing.output))}
    assert len(rows) == 61
    now = hashlib.sha256(changed.read_bytes()).hexdigest()
    assert rows["Training/Apple Red 1/0000.jpg"]["image_id"] == now


def test_a_run_on_a_packed_store_follows_its_changes(
    packing: Config, photos: Path, tiny_onnx: Path, tmp_path: Path
):
    pack(packing)
    out = Config(
        input=packing.output, output=str(tmp_path / "out"), model=str(tiny_onnx), runner="local",
        max_rejected=1,
    )  # fmt: skip
    assert features(out).images.featurised == 60
    (photos / "Training" / "Apple Red 1" / "0000.jpg").write_bytes(photo(778))
    write(photos / "Test" / "Lemon" / "new.jpg", photo(777))
    pack(packing)
    report = features(out)
    assert (report.images.featurised, report.images.skipped, report.images.vanished) == (2, 59, 0)


def test_what_is_gone_from_the_input_goes_with_prune(packing: Config, photos: Path):
    pack(packing)
    shutil.rmtree(photos / "Training")
    assert pack(packing).images.vanished == 30
    report = pack(replace(packing, prune=True))
    assert report.images.pruned == 30
    assert all(row["path"].startswith("Test/") for row in images(Path(packing.output)))


def test_no_name_and_no_place_is_left_anywhere(tiny_onnx: Path, tmp_path: Path):
    """Every format, every place in it: byte by byte, in the store and in what runs make of it."""
    source = tmp_path / "private"
    for name, make in everything():
        write(source / "Test" / "Fig" / name, make())
    before = dict(everything_under(source))
    assert all(any(mark in content for mark in MARKS) for content in before.values())
    store, out = tmp_path / "packed", tmp_path / "out"
    report = pack(Config(input=str(source), output=str(store), runner="local"))
    assert (report.images.featurised, report.images.rejected) == (len(before), 0)
    chain(store, out, tiny_onnx)
    chain(source, tmp_path / "plain", tiny_onnx)
    for folder in (store, out, tmp_path / "plain"):
        found = [
            (file, mark)
            for file, content in everything_under(folder)
            for mark in (*MARKS, b"Exif\0\0", b"http://ns.adobe.com", b"8BIM", b"tEXt", b"eXIf")
            if mark in content
        ]
        assert found == []
    np.testing.assert_array_equal(matrix(out)[1], matrix(tmp_path / "plain")[1])


def test_what_the_commands_say_names_nobody_and_no_place(tiny_onnx: Path, tmp_path: Path):
    source = tmp_path / "private"
    for name, make in everything():
        write(source / "Test" / "Fig" / name, make())
        write(source / "Test" / "Fig" / f"cut-{name}", make()[:-200])
    more = ["--runner", "local", "--max-rejected", "1"]
    chain = ["--model", str(tiny_onnx), "--components", "2", *more]
    for words in (
        ["pack", "--input", source, "--output", tmp_path / "packed", *more],
        ["--debug", "run", "--input", tmp_path / "packed", "--output", tmp_path / "out", *chain],
        ["--debug", "run", "--input", source, "--output", tmp_path / "plain", *chain, "--json"],
    ):
        command = [sys.executable, "-m", "fruits.cli", *map(str, words)]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        said = done.stdout + done.stderr
        assert [mark for mark in MARKS if mark in said] == []
        assert b"Traceback" not in said


def test_photos_are_turned_as_their_cameras_said(tiny_onnx: Path, tmp_path: Path):
    source = tmp_path / "turned"
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        picture, buffer = Image.open(io.BytesIO(photo(orientation, side=30))), io.BytesIO()
        picture.crop((0, 0, 30, 20)).save(buffer, "JPEG", exif=exif)
        write(source / "Pear" / f"{orientation}.jpg", buffer.getvalue())
    store = tmp_path / "packed"
    pack(Config(input=str(source), output=str(store), runner="local"))
    assert [row["orientation"] for row in images(store)] == list(range(1, 9))
    plain, out = (chain(p, tmp_path / n, tiny_onnx) for p, n in ((source, "a"), (store, "b")))
    np.testing.assert_array_equal(matrix(out)[1], matrix(plain)[1])
    sizes = [(row["width"], row["height"]) for row in feature_rows(out)]
    assert sizes == [(30, 20)] * 4 + [(20, 30)] * 4


def test_too_many_files_that_are_no_images_end_with_a_report(tmp_path: Path):
    source = tmp_path / "letters"
    write(source / "a.jpg", photo(1))
    for index in range(3):
        write(source / f"{index}.jpg", b"Dear orchard")
    with pytest.raises(TooManyRejects) as raised:
        pack(Config(input=str(source), output=str(tmp_path / "packed"), runner="local"))
    assert raised.value.report.images.rejected == 3
    facts = json.loads((tmp_path / "packed" / "report.json").read_text())
    assert (facts["images"]["packed"], facts["images"]["rejected"]) == (1, 3)


def test_each_kind_of_output_keeps_to_its_kind(packed: Path, photos: Path, tiny_onnx: Path):
    model = str(tiny_onnx)
    with pytest.raises(ConfigError, match="is packed already"):
        pack(Config(input=str(packed), output=str(packed.parent / "again"), runner="local"))
    with pytest.raises(ConfigError, match="holds images, not features"):
        run(Config(input=str(photos), output=str(packed), model=model, runner="local"))
    out = packed.parent / "out"
    run(Config(input=str(photos), output=str(out), model=model, runner="local"))
    with pytest.raises(ConfigError, match="holds features, not images"):
        pack(Config(input=str(photos), output=str(out), runner="local"))


def test_threads_that_want_the_same_row_group_read_it_once(
    packed: Path, monkeypatch: pytest.MonkeyPatch
):
    source = open_source(str(packed))
    assert isinstance(source, PackedSource)
    refs = [ref for page in source.pages() for ref in page]
    reads: list[tuple[str, int]] = []
    original = PackedSource._read_group

    def counted(self, file: str, number: int):
        reads.append((file, number))
        return original(self, file, number)

    monkeypatch.setattr(PackedSource, "_read_group", counted)
    found: dict[str, bytes] = {}
    threads = [
        threading.Thread(target=lambda r=ref: found.update({r.path: source.read(r)}))
        for ref in refs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(refs) == 60
    assert len(reads) == len(set(reads))


def test_a_damaged_or_a_lost_table_file_is_told_from_each_other(packed: Path):
    source = open_source(str(packed))
    (refs, *_) = source.pages()
    file = packed / refs[0].part
    content, image = file.read_bytes(), source.read(refs[0])
    at = content.index(image) + len(image) // 2
    turned = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    for damaged in (turned, content[:4] + bytes(len(content) - 200) + content[-196:]):
        file.write_bytes(damaged)
        with pytest.raises(DamagedError, match="pack it again"):
            open_source(str(packed)).read(refs[0])
    file.unlink()
    with pytest.raises(FileNotFoundError):
        open_source(str(packed)).read(refs[0])


def test_a_packed_store_is_plain_parquet_without_statistics(packed: Path):
    for file in (packed / "images").glob("*.parquet"):
        metadata = pq.ParquetFile(file).metadata
        columns = [metadata.row_group(0).column(i) for i in range(metadata.num_columns)]
        assert not any(column.is_stats_set for column in columns)


def test_many_small_files_make_row_groups_of_some_megabytes(tmp_path: Path):
    source = tmp_path / "noise"
    rng = np.random.default_rng(0)
    for index in range(40):
        buffer = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (200, 200, 3), np.uint8)).save(buffer, "PNG")
        write(source / f"{index:02d}.png", buffer.getvalue())
    store = tmp_path / "packed"
    pack(Config(input=str(source), output=str(store), runner="local"))
    sizes = [
        metadata.row_group(number).total_byte_size
        for file in (store / "images").glob("*.parquet")
        for metadata in [pq.ParquetFile(file).metadata]
        for number in range(metadata.num_row_groups)
    ]
    assert len(sizes) > 2
    assert max(sizes) < 2.5 * 2**20


def test_a_run_that_died_while_packing_is_finished_by_the_next(
    packing: Config, monkeypatch: pytest.MonkeyPatch
):
    """The workers have done their part and written receipts; the driver dies before its commit."""

    def dies(self) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ledger.Ledger, "commit", dies)
        with pytest.raises(KeyboardInterrupt):
            pack(packing)
    report = pack(packing)
    assert (report.images.featurised, report.images.skipped) == (0, 63)
    assert len(images(Path(packing.output))) == 60
