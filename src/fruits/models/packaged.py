"""A network that a cluster's package carries, frozen before it travelled: no weights, no Keras."""

from fruits.models.cache import packaged_folder
from fruits.models.frozen import Frozen, frozen_name, read_frozen
from fruits.models.registry import Network


def packaged_network(network: Network) -> Frozen | None:
    """Find `network` in the package, frozen; None where there is no package or it is not there."""
    folder = packaged_folder()
    if folder is None:
        return None
    pattern = f"{frozen_name(network, '?' * 16)}.onnx"
    found = (read_frozen(path) for path in sorted((folder / "frozen").glob(pattern)))
    return next((frozen for frozen in found if frozen), None)
