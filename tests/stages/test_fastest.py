"""`--backend auto`: which engine runs, when the workers are asked, and what is remembered."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from fruits.config import Config
from fruits.models.model import Model, load_model
from fruits.runners.local import LocalRunner
from fruits.runners.seam import SparkFacts
from fruits.stages import fastest
from fruits.stages.fastest import REPAID, choose_engine, winner_of
from fruits.work.race import Race

pytest.importorskip("openvino", reason="the openvino extra is not installed")


class Workers:
    """A runner whose workers find what they are told to find, and count the races."""

    name, slots = "local", 2

    def __init__(self, found: dict[str, float], master: str | None = None) -> None:
        self.found, self.races = found, 0
        self.spark: SparkFacts | None = (
            {"version": "4", "master": master, "cores": 2} if master else None
        )

    def run(self, task: Race, items: Sequence[bytes]) -> list[bytes]:
        assert isinstance(task, Race)
        self.races += 1
        return [json.dumps(self.found).encode() for _ in items]


@pytest.fixture
def model(tiny_onnx: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    monkeypatch.setenv("FRUITS_CACHE", str(tmp_path / "cache"))
    return load_model(str(tiny_onnx), weights=None, fit="squash", precision="f32", backend="onnx")


def choose(runner, model: Model, *, images: int = REPAID, **settings: str) -> str:
    config = Config(input="a", output="b", **settings)
    return choose_engine(config, runner, model, None, images=images).name


def test_the_faster_engine_is_taken_and_remembered_for_this_machine(model: Model):
    workers = Workers({"onnx": 0.006, "openvino": 0.004})
    assert [choose(workers, model) for _ in range(3)] == ["openvino"] * 3
    assert workers.races == 1
    assert choose(workers, model, images=3) == "openvino"


def test_a_few_images_are_not_worth_a_race(model: Model):
    workers = Workers({"onnx": 0.006, "openvino": 0.004})
    assert choose(workers, model, images=REPAID - 1) == "onnx"
    assert workers.races == 0


def test_an_engine_asked_for_by_name_is_taken_without_a_race(model: Model):
    workers = Workers({"onnx": 0.006, "openvino": 0.004})
    assert choose(workers, model, backend="onnx") == "onnx"
    assert choose(workers, model, precision="bf16") == "openvino"
    assert workers.races == 0


def test_a_cluster_s_machines_are_asked_in_every_run(model: Model):
    workers = Workers({"onnx": 0.006, "openvino": 0.004}, master="yarn")
    assert [choose(workers, model) for _ in range(2)] == ["openvino"] * 2
    assert workers.races == 2
    assert choose(Workers({"onnx": 0.004, "openvino": 0.006}, master="local[2]"), model) == "onnx"


def test_another_network_or_processor_or_version_is_another_race(
    model: Model, monkeypatch: pytest.MonkeyPatch
):
    workers = Workers({"onnx": 0.006, "openvino": 0.004})
    choose(workers, model)
    monkeypatch.setattr(fastest, "_processor", lambda: "another one")
    choose(workers, model)
    monkeypatch.setattr(fastest, "backend_versions", lambda: {"onnx": "99"})
    choose(workers, model)
    assert workers.races == 3


def test_noise_does_not_change_the_engine():
    assert winner_of({"onnx": 0.0100, "openvino": 0.0096}, first="onnx") == "onnx"
    assert winner_of({"onnx": 0.0100, "openvino": 0.0094}, first="onnx") == "openvino"
    assert winner_of({"onnx": 0.0100}, first="onnx") == "onnx"
    assert winner_of({"openvino": 0.0100}, first="onnx") == "onnx"


def test_a_damaged_or_unwritable_memory_costs_a_race_and_nothing_else(model: Model, tmp_path: Path):
    workers = Workers({"onnx": 0.006, "openvino": 0.004})
    choose(workers, model)
    (record,) = (tmp_path / "cache" / "engines").iterdir()
    for damage in ("", "[1]", "{}", "pear"):
        record.write_text(damage)
        assert choose(workers, model) == "openvino"
    assert workers.races == 5


def test_a_real_race_in_real_workers_ends_with_an_engine_that_is_installed(model: Model):
    runner = LocalRunner(2)
    try:
        config = Config(input="a", output="b")
        engine = choose_engine(config, runner, model, runner.share(model.payload), images=REPAID)
    finally:
        runner.close()
    assert engine.name in ("onnx", "openvino")
    assert re.fullmatch(r"an image takes onnx \d+\.\d ms, openvino \d+\.\d ms", engine.reason)
