"""What one worker does with one unit, without a runner."""

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from fruits.backends.seam import Payload
from fruits.images.prepare import Prepared, prepare
from fruits.storage.output import Output
from fruits.storage.parts import read_part
from fruits.storage.source import ImageRef, open_source
from fruits.work.job import Job
from fruits.work.process import FeaturiseUnit, WarmUp
from fruits.work.receipts import Receipt, read_receipts
from fruits.work.units import Unit

from photos import BROKEN, write_photos
from tiny_network import DIM, SIDE, tiny_features, tiny_network


@dataclass(frozen=True)
class Here:
    """A shared value that has no way to go."""

    value: Payload

    def get(self) -> Payload:
        return self.value


PAYLOAD = Payload("onnx", tiny_network(), (SIDE, SIDE), DIM)


@pytest.fixture
def task(tmp_path: Path) -> FeaturiseUnit:
    folder = write_photos(tmp_path / "photos", 12)
    job = Job("run-1", str(folder), str(tmp_path / "out"), "f" * 64, "squash", "onnx")
    return FeaturiseUnit(job, Here(PAYLOAD))


def whole(task: FeaturiseUnit) -> Unit:
    refs = [ref for page in open_source(task.job.input).pages() for ref in page]
    return Unit("000000", tuple(refs))


def test_a_unit_becomes_a_part_of_vectors_a_part_of_rejects_and_a_receipt(task: FeaturiseUnit):
    receipt = Receipt.unpack(task(whole(task).pack()))
    assert (receipt.featurised, receipt.rejected) == (12, 3)
    assert receipt.reasons == {"empty": 1, "not-an-image": 1, "truncated": 1}
    assert list(read_receipts(Output(task.job.output), "run-1", seen=set())) == [receipt]
    assert list(read_receipts(Output(task.job.output), "run-1", seen={"000000"})) == []


def test_each_vector_is_the_network_s_own_and_each_row_tells_its_image(task: FeaturiseUnit):
    receipt = Receipt.unpack(task(whole(task).pack()))
    assert receipt.features is not None
    names = ["path", "label", "split", "image_id", "width", "size", "features", "run_id"]
    rows = read_part(Output(task.job.output), f"features/{receipt.features.path}", columns=names)
    for row in rows.to_pylist():
        content = (Path(task.job.input) / row["path"]).read_bytes()
        image = prepare(content, size=(SIDE, SIDE))
        assert isinstance(image, Prepared)
        np.testing.assert_allclose(row["features"], tiny_features(image.pixels[None])[0], atol=1e-5)
        assert row["image_id"] == hashlib.sha256(content).hexdigest()
        assert (row["width"], row["size"], row["run_id"]) == (40, len(content), "run-1")
        assert row["label"] == Path(row["path"]).parent.name
        assert row["split"] == {"Training": "training", "Test": "test"}[Path(row["path"]).parts[0]]


def test_a_file_that_vanishes_after_the_listing_is_a_reject(task: FeaturiseUnit):
    unit = whole(task)
    (Path(task.job.input) / unit.refs[0].path).unlink()
    receipt = Receipt.unpack(task(unit.pack()))
    assert receipt.reasons["unreadable"] == 1
    assert receipt.featurised + receipt.rejected == len(unit.refs)


def test_a_second_attempt_finds_the_receipt_and_does_nothing(task: FeaturiseUnit):
    first = task(whole(task).pack())
    parts = sorted(Path(task.job.output).rglob("*.parquet"))
    assert task(whole(task).pack()) == first
    assert sorted(Path(task.job.output).rglob("*.parquet")) == parts


def test_a_unit_of_broken_files_writes_no_features(task: FeaturiseUnit):
    unit = Unit("000001", tuple(ImageRef(path, len(BROKEN[path]), 0, "") for path in BROKEN))
    receipt = Receipt.unpack(task(unit.pack()))
    assert receipt.features is None
    assert receipt.rejects is not None
    assert receipt.rejects.rows == len(BROKEN)


def test_the_network_is_loaded_once_for_many_units(task: FeaturiseUnit):
    fresh = of_run(task, "first", model="e" * 64)
    WarmUp(fresh.job, fresh.payload)(b"")
    units = [dataclasses.replace(whole(fresh), name=f"{i:06d}") for i in range(5)]
    receipts = [Receipt.unpack(fresh(unit.pack())) for unit in units]
    assert {receipt.model_loads for receipt in receipts} == {1}


def test_a_process_with_a_past_counts_the_loads_of_this_run_alone(task: FeaturiseUnit):
    def loads(task: FeaturiseUnit) -> int:
        return Receipt.unpack(task(whole(task).pack())).model_loads

    assert loads(of_run(task, "one", model="1" * 64)) == 1
    assert loads(of_run(task, "two", model="1" * 64)) == 0
    assert loads(of_run(task, "three", model="2" * 64)) == 1


def of_run(task: FeaturiseUnit, run_id: str, *, model: str) -> FeaturiseUnit:
    """The same task in another run, with a network of another fingerprint."""
    return dataclasses.replace(task, job=dataclasses.replace(task.job, run_id=run_id, model=model))


def test_the_network_sees_each_good_image_exactly_once(
    task: FeaturiseUnit, monkeypatch: pytest.MonkeyPatch
):
    seen: list[int] = []

    def count(pixels: np.ndarray) -> np.ndarray:
        seen.append(len(pixels))
        return np.zeros((len(pixels), DIM), np.float32)

    monkeypatch.setattr("fruits.work.process.engine_of", lambda job, payload: count)
    receipt = Receipt.unpack(task(whole(task).pack()))
    assert sum(seen) == receipt.featurised == 12
