"""Names of networks → their files in a package, frozen here, so that no cluster needs Keras."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from fruits.cloud.archive import Entry
from fruits.errors import ConfigError
from fruits.models.cache import cache_folder
from fruits.models.embedded import NAME as EMBEDDED
from fruits.models.embedded import is_embedded
from fruits.models.fetch import locate_weights
from fruits.models.frozen import frozen_name, frozen_network
from fruits.models.registry import Network, find
from fruits.models.weights import Weights, digest_of

OWNER: Final = "networks"
"""Who weighs, in a package's list, when it is a network."""


def network_entries(names: Iterable[str], *, weights: str | None, keras: bool) -> list[Entry]:
    """Freeze the networks and return their files under `networks/`, as the cache lays them out.

    `keras` adds the weights themselves, for the TensorFlow backend. The package's own network needs
    nothing. Raises ModelError for weights that are missing or wrong, ConfigError for a FILE.onnx.
    """
    named = [name for name in carried(names) if not is_embedded(name)]
    return [entry for name in named for entry in _entries(find(name), weights=weights, keras=keras)]


def carried(names: Iterable[str]) -> list[str]:
    """Return the networks that a package of these names carries: each once, its own one too.

    Raises ModelError for a name that no network has, ConfigError for a FILE.onnx.
    """
    found = dict.fromkeys((*names, EMBEDDED))
    for name in found:
        if name.lower().endswith(".onnx"):
            raise ConfigError(
                f"model {name} is a file: let spark-submit carry it (--files {name}) and run with "
                f"--model {Path(name).name}; a package holds networks that have a name"
            )
        if not is_embedded(name):
            find(name)
    return list(found)


def _entries(network: Network, *, weights: str | None, keras: bool) -> list[Entry]:
    located = locate_weights(network, weights)
    frozen_network(network, located)
    stem = frozen_name(network, digest_of(located))
    frozen = cache_folder() / "frozen"
    files = {f"networks/frozen/{stem}{suffix}": frozen / f"{stem}{suffix}" for suffix in _FROZEN}
    if keras:
        files[f"networks/weights/{network.name}{_suffix(located)}"] = located.path
    return [Entry(name, path, owner=OWNER) for name, path in files.items()]


_FROZEN: Final = (".onnx", ".json")


def _suffix(weights: Weights) -> str:
    return ".weights.h5" if weights.path.name.endswith(".weights.h5") else ".h5"
