"""Keras' own download of a network's ImageNet weights → a checked file in the cache."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fruits.backends.tensorflow import build_network, fill_network, import_keras, trace_network
from fruits.errors import ModelError
from fruits.models.cache import replacing, sha256_of, write_atomically
from fruits.models.embedded import embedded_path, is_embedded
from fruits.models.network import settle_normalization
from fruits.models.registry import Network, find
from fruits.models.weights import Weights, cached_weights, find_weights, four_ways, recorded_digest

_TIMEOUT_SECONDS = 30.0


def locate_weights(network: Network, explicit: str | None = None) -> Weights:
    """Find the weights of `network` on this machine, else let Keras download them.

    Raises ModelError, naming the four ways to provide weights, when there are none.
    """
    found = find_weights(network, explicit)
    return found if found else Weights(fetch_weights(network.name), "cache")


def fetch_weights(name: str) -> Path:
    """Download the ImageNet weights of the network `name` and keep them in the cache.

    Keras checks the download against the hash that it publishes, where it has one; the sha256
    of the file kept is recorded beside it and checked at every use. For the package's own network
    there is nothing to download: its path is returned. Raises ModelError when the
    name is unknown, TensorFlow is missing or the download fails.
    """
    if is_embedded(name):
        return embedded_path()
    network = find(name)
    keras, _ = import_keras()
    released = _download(keras, network)
    rebuilt = build_network(
        keras, network_class=network.network_class, input_size=network.input_size
    )
    fill_network(rebuilt, released.get_weights())
    settle_normalization(rebuilt)
    _check_same(network, released, rebuilt)
    target = cached_weights(network)
    with replacing(target) as partial:
        rebuilt.save_weights(str(partial))
    write_atomically(recorded_digest(target), f"{sha256_of(target)}\n".encode())
    return target


def _download(keras: Any, network: Network) -> Any:  # noqa: ANN401
    build = getattr(keras.applications, network.network_class)
    shape = (*network.input_size, 3)
    try:
        with _impatient():
            return build(weights="imagenet", include_top=False, pooling="avg", input_shape=shape)
    except Exception as exc:  # Keras raises a bare Exception for a failed URL
        raise ModelError(
            f"no weights for {network.name} here, and Keras could not download them ({exc}): "
            f"{four_ways(network)}"
        ) from exc


@contextlib.contextmanager
def _impatient() -> Iterator[None]:
    """Give up on a server that does not answer: Keras' download itself has no timeout."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _check_same(network: Network, released: Any, rebuilt: Any) -> None:  # noqa: ANN401
    """Keras may build another graph for weights="imagenet" than for None: compare on one image."""
    image = np.random.default_rng(0).integers(0, 256, (1, *network.input_size, 3), np.uint8)
    expected, found = (
        trace_network(built, module=network.module, input_size=network.input_size, batch=1)(
            image
        ).numpy()
        for built in (released, rebuilt)
    )
    if not np.allclose(found, expected, rtol=1e-3, atol=1e-4 * float(np.abs(expected).max())):
        raise ModelError(
            f"{network.name} rebuilt from its downloaded weights differs from the released one "
            f"by {np.abs(found - expected).max():.2g}: report it, and choose another --model"
        )
