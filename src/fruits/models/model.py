"""A model's name, its weights and how images are fitted → a payload with a fingerprint."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fruits.backends.choose import payload_kind, resolve_backend
from fruits.backends.seam import Payload
from fruits.backends.tensorflow import pack_network
from fruits.choices import Precision
from fruits.errors import ConfigError
from fruits.models.fetch import locate_weights
from fruits.models.frozen import Facts, frozen_network
from fruits.models.network import load_network
from fruits.models.onnx_file import read_onnx
from fruits.models.registry import Network, find, names
from fruits.models.weights import Weights, find_cached, find_weights


@dataclass(frozen=True)
class Model:
    """A network ready for the workers.

    `fingerprint` (hex sha256) is its identity in every table: over the frozen ONNX bytes, the
    fit and the precision; the backend is not a part of it. `input_size` is (height, width).
    """

    name: str
    fingerprint: str
    dim: int
    input_size: tuple[int, int]
    payload: Payload
    details: Facts


def load_model(
    name: str, *, weights: str | None, fit: str, precision: Precision, backend: str
) -> Model:
    """Load a network by its registry name, or from a path to FILE.onnx.

    `weights` is a file, or None to look in FRUITS_WEIGHTS, the cache and Keras' download.
    TensorFlow is imported only to freeze a network for the first time, and for the backend
    "tensorflow". Raises ModelError for a network, weights or library that is missing or wrong,
    ConfigError for options that do not go together.
    """
    chosen = resolve_backend(backend, precision)
    if name.lower().endswith(".onnx"):
        return _load_file(Path(name), weights, fit=fit, precision=precision, backend=chosen)
    network = find(name)
    located = locate_weights(network, weights)
    frozen = frozen_network(network, located)
    content = frozen.content if payload_kind(chosen) == "onnx" else _pack(network, located)
    size = network.input_size
    return Model(
        name=network.name,
        fingerprint=fingerprint(frozen.content, fit=fit, precision=precision),
        dim=network.dim,
        input_size=size,
        payload=Payload(payload_kind(chosen), content, size, network.dim, precision),
        details={**frozen.facts, "weights": str(located.path), "weights_from": located.origin},
    )


def fingerprint(content: bytes, *, fit: str, precision: Precision) -> str:
    """Return the hex sha256 over the frozen ONNX bytes, the fit and the precision."""
    digest = hashlib.sha256(content)
    digest.update(f"fit={fit};precision={precision}".encode())
    return digest.hexdigest()


def list_models() -> list[dict[str, str | int]]:
    """List the networks known by name: name, input, dim, weights_mb, weights, weights_from.

    The last two say where the cache has its weights, and are empty where it has none yet: a
    file given by --weights or FRUITS_WEIGHTS belongs to one network, and does not say to which.
    """
    return [_describe(find(name)) for name in names()]


def show_model(name: str, *, weights: str | None = None) -> dict[str, str | int]:
    """Describe one network, with the weights file that a run would take on this machine.

    `weights` is the file given, else FRUITS_WEIGHTS or the cache is asked; both entries are empty
    where a run would download. Raises ModelError for an unknown name or a file that is missing.
    """
    network = find(name)
    found = find_weights(network, weights)
    place = {"weights": str(found.path), "weights_from": found.origin} if found else {}
    return {**_describe(network), "class": f"keras.applications.{network.network_class}", **place}


def _load_file(
    path: Path, weights: str | None, *, fit: str, precision: Precision, backend: str
) -> Model:
    if weights:
        raise ConfigError(f"--weights {weights} does not go with {path}: it holds its own weights")
    if payload_kind(backend) != "onnx":
        raise ConfigError(f"backend {backend} cannot run {path}: use --backend onnx or openvino")
    file = read_onnx(path)
    height, width = file.input_size
    return Model(
        name=path.name,
        fingerprint=fingerprint(file.content, fit=fit, precision=precision),
        dim=file.dim,
        input_size=file.input_size,
        payload=Payload("onnx", file.content, file.input_size, file.dim, precision),
        details={
            "model": str(path),
            "input_size": f"{height}x{width}",
            "dim": file.dim,
            "onnx_sha256": hashlib.sha256(file.content).hexdigest(),
        },
    )


def _pack(network: Network, weights: Weights) -> bytes:
    built = load_network(network, weights)
    return pack_network(network.network_class, network.module, built.get_weights())


def _describe(network: Network) -> dict[str, str | int]:
    found = find_cached(network)
    return {
        "name": network.name,
        "input": f"{network.side}x{network.side}",
        "dim": network.dim,
        "weights_mb": network.weights_mb,
        "weights": str(found.path) if found else "",
        "weights_from": found.origin if found else "",
    }
