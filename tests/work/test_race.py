"""The race of the engines: who is faster, on the workers."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

from fruits.backends.seam import Payload
from fruits.models.model import load_model
from fruits.work.race import ROUNDS, Race, in_turns, mean_seconds


class Held:
    """A shared value, without a runner."""

    def __init__(self, payload: Payload) -> None:
        self._payload = payload

    def get(self) -> Payload:
        return self._payload


@pytest.fixture
def payload(tiny_onnx: Path) -> Held:
    return Held(
        load_model(
            str(tiny_onnx), weights=None, fit="squash", precision="f32", backend="onnx"
        ).payload
    )


def test_every_engine_that_can_run_is_timed(payload: Held):
    pytest.importorskip("openvino", reason="the openvino extra is not installed")
    seconds = json.loads(Race(payload, ("onnx", "openvino"))(b""))
    assert list(seconds) == ["onnx", "openvino"]
    assert all(0 < taken < 1 for taken in seconds.values())


def test_an_engine_that_cannot_run_this_network_is_left_out(payload: Held):
    assert list(json.loads(Race(payload, ("onnx", "tensorflow"))(b""))) == ["onnx"]


def test_the_slower_engine_is_told_from_the_faster_one():
    image = np.zeros((1, 2, 2, 3), np.uint8)
    slow = in_turns(
        {"quick": lambda _: time.sleep(0.001), "slow": lambda _: time.sleep(0.01)}, image
    )
    assert slow["quick"] < slow["slow"]


def test_engines_take_turns_and_a_slow_network_ends_the_race_early():
    calls: list[str] = []
    image = np.zeros((1, 2, 2, 3), np.uint8)

    def engine(name: str):
        def embed(images: np.ndarray) -> np.ndarray:
            calls.append(name)
            time.sleep(0.15)
            return images

        return embed

    in_turns({"a": engine("a"), "b": engine("b")}, image)
    assert calls[:6] == ["a", "b"] * 3
    assert len(calls) < 2 * (1 + ROUNDS.stop)


def test_what_the_workers_found_is_averaged_over_engines_that_ran_everywhere():
    results = [b'{"onnx": 0.006, "openvino": 0.004}', b'{"onnx": 0.008, "openvino": 0.006}']
    assert mean_seconds(results) == pytest.approx({"onnx": 0.007, "openvino": 0.005})
    assert mean_seconds([*results, b'{"onnx": 0.007}']) == pytest.approx({"onnx": 0.007})
