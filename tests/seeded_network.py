"""Keras networks with seeded random weights, and their files in Keras' two layouts, for tests."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fruits.backends.tensorflow import build_network, import_keras
from fruits.models.registry import Network

_RANGES = {
    "gamma": (0.8, 1.2),
    "beta": (-0.2, 0.2),
    "moving_mean": (-0.1, 0.1),
    "moving_variance": (0.6, 1.4),
}


def seeded_network(network: Network, *, seed: int = 7) -> Any:
    """Build a network whose every weight is random, batch norms included, so all of it matters."""
    keras, _ = import_keras()
    keras.utils.set_random_seed(seed)
    built = build_network(keras, network_class=network.network_class, input_size=network.input_size)
    draw = np.random.default_rng(seed)
    for layer in built.layers:
        if type(layer).__name__ == "BatchNormalization":
            names = [weight.name for weight in layer.weights]
            shapes = [weight.shape for weight in layer.weights]
            layer.set_weights(
                [draw.uniform(*_RANGES[n], s) for n, s in zip(names, shapes, strict=True)]
            )
    return built


def keras_features(built: Any, network: Network, images: np.ndarray) -> np.ndarray:
    """Compute features as a notebook would: preprocess_input, then the network on the batch."""
    keras, _ = import_keras()
    preprocess = getattr(keras.applications, network.module).preprocess_input
    return np.asarray(built(preprocess(images.astype(np.float32)), training=False))


def write_legacy_file(built: Any, path: Path) -> Path:
    """Write the layout of official `*_no_top.h5` files: a group per layer, names in attributes."""
    layers = [layer for layer in built.layers if layer.weights]
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.2.4"
        for layer in layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{weight.name}:0" for weight in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, array in zip(names, layer.get_weights(), strict=True):
                group[name] = array
    return path


def photos(network: Network, *, count: int = 4, seed: int = 11) -> np.ndarray:
    """Draw uint8[count, h, w, 3] smooth colour fields with some noise, as photos have."""
    height, width = network.input_size
    draw = np.random.default_rng(seed)
    coarse = draw.integers(0, 256, (count, 8, 8, 3))
    fine = np.kron(coarse, np.ones((1, -(-height // 8), -(-width // 8), 1)))[:, :height, :width]
    return np.clip(fine + draw.normal(0, 12, fine.shape), 0, 255).astype(np.uint8)
