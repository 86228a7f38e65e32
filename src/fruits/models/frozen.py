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
    path = cache_folder() / "frozen" / f"{frozen_name(network, digest)}.onnx"
    found = read_frozen(path)
    if found and found.facts.get("weights_sha256") == digest:
        return found
    return _freeze(network, weights, path=path, digest=digest)


def frozen_name(network: Network, weights_sha256: str) -> str:
    """Name the frozen form of `network` with the weights of this digest, without a suffix."""
    return f"{network.name}-{weights_sha256[:16]}-v{FREEZE_VERSION}"


def read_frozen(path: Path) -> Frozen | None:
    """Read a frozen network and its facts; None where they are not there, whole and unchanged."""
    try:
        facts = json.loads(path.with_suffix(".json").read_bytes())
        content = path.read_bytes()
    except (OSError, ValueError):
        return None
    if not isinstance(facts, dict) or facts.get("onnx_sha256") != _sha256(content):
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
