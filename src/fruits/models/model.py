"""A model's name, its weights and how images are fitted → a payload with a fingerprint."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from fruits.backends.choose import payload_kind, resolve_backend
from fruits.backends.seam import Payload
from fruits.backends.tensorflow import pack_network
from fruits.choices import Precision
from fruits.errors import ConfigError, ModelError
from fruits.models.cache import packaged_folder
from fruits.models.embedded import NAME, is_embedded, read_embedded
from fruits.models.fetch import locate_weights
from fruits.models.frozen import Facts, Frozen, frozen_network
from fruits.models.network import load_network
from fruits.models.onnx_file import read_onnx
from fruits.models.packaged import packaged_network
from fruits.models.registry import Network, find
from fruits.models.weights import Weights, digest_of, find_weights


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
    """Load a network by its name (the package's own or Keras'), or from a path to FILE.onnx.

    `weights` is a file, or None to look in FRUITS_WEIGHTS, a cluster's package, the cache and
    Keras' download; the
    package's own network and a FILE.onnx hold theirs. TensorFlow is imported only to freeze a
    network for the first time, and for the backend "tensorflow". Raises ModelError for a network,
    weights or library that is missing or wrong, ConfigError for options that do not go together.
    """
    chosen = resolve_backend(backend, precision)
    if name.lower().endswith(".onnx"):
        return _load_file(Path(name), weights, fit=fit, precision=precision, backend=chosen)
    if is_embedded(name):
        return _load_embedded(weights, fit=fit, precision=precision, backend=chosen)
    network, kind = find(name), payload_kind(chosen)
    frozen, located = _frozen_and_weights(network, weights, needs_weights=kind == "keras")
    content = _pack(network, located) if kind == "keras" and located else frozen.content
    size = network.input_size
    return Model(
        name=network.name,
        fingerprint=fingerprint(frozen.content, fit=fit, precision=precision),
        dim=network.dim,
        input_size=size,
        payload=Payload(kind, content, size, network.dim, precision),
        details={**frozen.facts, **_whence(located)},
    )


def _frozen_and_weights(
    network: Network, named: str | None, *, needs_weights: bool
) -> tuple[Frozen, Weights | None]:
    """Return the frozen network and its weights; a package's need none, if nobody named others."""
    carried = None if named or os.environ.get("FRUITS_WEIGHTS") else packaged_network(network)
    if carried and not needs_weights:
        return carried, None
    if packaged_folder() and not carried and not find_weights(network, named):
        raise ModelError(
            f"{network.name} is not in this cluster's package, or not whole, and its weights are "
            f"not here: make the package with `fruits cloud package --model {network.name}`"
        )
    located = locate_weights(network, named)
    if carried and carried.facts["weights_sha256"] == digest_of(located):
        return carried, located
    return frozen_network(network, located), located


def _whence(weights: Weights | None) -> Facts:
    if weights is None:
        return {"weights_from": "package"}
    return {"weights": str(weights.path), "weights_from": weights.origin}


def fingerprint(content: bytes, *, fit: str, precision: Precision) -> str:
    """Return the hex sha256 over the frozen ONNX bytes, the fit and the precision."""
    digest = hashlib.sha256(content)
    digest.update(f"fit={fit};precision={precision}".encode())
    return digest.hexdigest()


def _load_file(
    path: Path, weights: str | None, *, fit: str, precision: Precision, backend: str
) -> Model:
    _refuse(_given(weights), backend, str(path))
    file = read_onnx(path)
    payload = Payload("onnx", file.content, file.input_size, file.dim, precision)
    return _self_contained(path.name, payload, fit=fit, origin={"model": str(path)})


def _load_embedded(weights: str | None, *, fit: str, precision: Precision, backend: str) -> Model:
    _refuse(_given(weights), backend, NAME)
    own = read_embedded()
    payload = Payload("onnx", own.content, own.input_size, own.dim, precision)
    return _self_contained(NAME, payload, fit=fit, origin={"weights_from": "package"})


def _given(weights: str | None) -> str | None:
    """Pass over FRUITS_WEIGHTS: it is for networks of Keras, and may well be set for good."""
    return None if weights == os.environ.get("FRUITS_WEIGHTS") else weights


def _refuse(weights: str | None, backend: str, name: str) -> None:
    """Refuse what does not go with a network that comes as one ONNX file."""
    if weights:
        raise ConfigError(f"--weights {weights} does not go with {name}: it holds its own weights")
    if payload_kind(backend) != "onnx":
        raise ConfigError(f"backend {backend} cannot run {name}: use --backend onnx or openvino")


def _self_contained(name: str, payload: Payload, *, fit: str, origin: Facts) -> Model:
    height, width = payload.input_size
    return Model(
        name=name,
        fingerprint=fingerprint(payload.content, fit=fit, precision=payload.precision),
        dim=payload.dim,
        input_size=payload.input_size,
        payload=payload,
        details={
            **origin,
            "input_size": f"{height}x{width}",
            "dim": payload.dim,
            "onnx_sha256": hashlib.sha256(payload.content).hexdigest(),
        },
    )


def _pack(network: Network, weights: Weights) -> bytes:
    built = load_network(network, weights)
    return pack_network(network.network_class, network.module, built.get_weights())
