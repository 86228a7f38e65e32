"""What there is to choose from: every network known by name, and where its weights are."""

from fruits.models.embedded import NAME, embedded_path, is_embedded, read_embedded
from fruits.models.registry import Network, find, names
from fruits.models.weights import find_cached, find_weights


def list_models() -> list[dict[str, str | int]]:
    """List the networks known by name: name, input, dim, weights_mb, weights, weights_from.

    The last two say where the weights are, in the package or in the cache, and are empty where
    there are none yet: a file given by --weights or FRUITS_WEIGHTS belongs to one network, and
    does not say to which.
    """
    return [_describe_embedded(), *(_describe(find(name)) for name in names())]


def show_model(name: str, *, weights: str | None = None) -> dict[str, str | int]:
    """Describe one network, with the weights file that a run would take on this machine.

    `weights` is the file given, else FRUITS_WEIGHTS or the cache is asked; both entries are empty
    where a run would download. Raises ModelError for an unknown name or a file that is missing.
    """
    if is_embedded(name):
        origin = {
            "weights": str(embedded_path()),
            "class": "this project's own: training/README.md",
        }
        return {**_describe_embedded(), **origin}
    network = find(name)
    found = find_weights(network, weights)
    place = {"weights": str(found.path), "weights_from": found.origin} if found else {}
    return {**_describe(network), "class": f"keras.applications.{network.network_class}", **place}


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


def _describe_embedded() -> dict[str, str | int]:
    own = read_embedded()
    height, width = own.input_size
    return {
        "name": NAME,
        "input": f"{height}x{width}",
        "dim": own.dim,
        "weights_mb": round(len(own.content) / 1e6),
        "weights": embedded_path().name,
        "weights_from": "package",
    }
