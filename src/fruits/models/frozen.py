"""Frozen networks on disk: a network is converted once per weights file, then only read."""

import hashlib
import json
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from fruits.models.cache import cache_folder, write_atomically
from fruits.models.freeze import FREEZE_VERSION, freeze_network
from fruits.models.network import load_network
from fruits.models.registry import Network
from fruits.models.weights import Weights, digest_of

Facts = dict[str, str | float]


@dataclass(frozen=True)
class Frozen:
    """An ONNX file's bytes, and what is known about them (libraries, agreement with Keras)."""

    content: bytes
    facts: Facts


def frozen_network(network: Network, weights: Weights) -> Frozen:
    """Return the frozen form of `network` with `weights`, converting it only when it is new.

    A file whose sha256 is not the recorded one is converted again. Raises ModelError when the
    weights are not the network's or the conversion fails.
    """
    digest = digest_of(weights)
    name = f"{network.name}-{digest[:16]}-v{FREEZE_VERSION}"
    path = cache_folder() / "frozen" / f"{name}.onnx"
    return _read(path, digest) or _freeze(network, weights, path=path, digest=digest)


def _read(path: Path, weights_sha256: str) -> Frozen | None:
    try:
        facts = json.loads(path.with_suffix(".json").read_bytes())
        content = path.read_bytes()
    except (OSError, ValueError):
        return None
    expected = {"weights_sha256": weights_sha256, "onnx_sha256": _sha256(content)}
    if not isinstance(facts, dict) or any(facts.get(key) != expected[key] for key in expected):
        return None
    return Frozen(content, facts)


def _freeze(network: Network, weights: Weights, *, path: Path, digest: str) -> Frozen:
    content, agreement = freeze_network(load_network(network, weights), network)
    facts: dict[str, Any] = {
        "model": network.name,
        "input_size": f"{network.side}x{network.side}",
        "dim": network.dim,
        "weights_sha256": digest,
        "onnx_sha256": _sha256(content),
        "check_cosine": agreement.cosine,
        "check_difference": agreement.difference,
        **_versions("keras", "tf2onnx", "onnx"),
    }
    # The facts are written last: without them the network is converted again.
    write_atomically(path, content)
    write_atomically(path.with_suffix(".json"), json.dumps(facts, indent=1).encode())
    return Frozen(content, facts)


def _versions(*distributions: str) -> dict[str, str]:
    import tensorflow as tf

    return {
        "tensorflow": tf.__version__,
        **{name: metadata.version(name) for name in distributions},
    }


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
