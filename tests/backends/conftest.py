"""Two networks for every backend: a tiny ONNX one, and MobileNetV2 with seeded random weights."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from fruits.backends.seam import Payload, PayloadKind, Precision

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


@dataclass(frozen=True)
class Reference:
    """A network in both kinds of payload, images for it, and what Keras makes of them."""

    payload: Callable[[PayloadKind, Precision], Payload]
    images: np.ndarray
    expected: np.ndarray


def _reference(built, network) -> Reference:
    from fruits.backends.tensorflow import pack_network
    from fruits.models.freeze import freeze_network

    from seeded_network import keras_features, photos

    images = photos(network, count=5)
    expected = keras_features(built, network, images)
    packed = pack_network(network.network_class, network.module, built.get_weights())
    contents = {"keras": packed, "onnx": freeze_network(built, network)[0]}

    def payload(kind: PayloadKind, precision: Precision) -> Payload:
        return Payload(kind, contents[kind], network.input_size, network.dim, precision)

    return Reference(payload, images, expected)


@pytest.fixture(scope="session")
def seeded() -> Reference:
    """MobileNetV2 with seeded random weights."""
    pytest.importorskip("tensorflow", reason="needs fruits[tensorflow] to build the network")
    from fruits.models.registry import find

    from seeded_network import seeded_network

    network = find("mobilenet_v2")
    return _reference(seeded_network(network), network)


@pytest.fixture(scope="session")
def imagenet(weights_file: Path) -> Reference:
    """MobileNetV2 with its ImageNet weights."""
    pytest.importorskip("tensorflow", reason="needs fruits[tensorflow] to build the network")
    from fruits.models.network import load_network
    from fruits.models.registry import find
    from fruits.models.weights import Weights

    network = find("mobilenet_v2")
    return _reference(load_network(network, Weights(weights_file, "test")), network)


@pytest.fixture(scope="session")
def tiny_payload() -> Payload:
    """A network that needs neither weights nor TensorFlow: uint8[n, 32, 32, 3] → float32[n, 24]."""
    from tiny_network import DIM, SIDE, tiny_network

    return Payload("onnx", tiny_network(), (SIDE, SIDE), DIM)
