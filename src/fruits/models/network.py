"""A weights file → the Keras network filled with it, whichever of Keras' two layouts it has."""

import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fruits.backends.tensorflow import build_network, import_keras
from fruits.errors import ModelError
from fruits.models.registry import Network
from fruits.models.weights import Weights

# keras.applications, efficientnet: mean and standard deviation of ImageNet's channels in [0, 1].
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STDDEV = (0.229, 0.224, 0.225)

_HEAD_VARIABLES = 4
"""A classifier on top has at most two layers (MobileNetV3), each with a kernel and a bias."""


def load_network(network: Network, weights: Weights) -> Any:  # noqa: ANN401
    """Build the Keras network and fill it from a Keras 3 `.weights.h5` or a legacy `.h5` file.

    The layout is read from the file, not from its name. A classifier that a Keras 3 file holds
    on top is left out. Raises ModelError when the file is no HDF5, or is another network's.
    """
    keras, _ = import_keras()
    suffix = _layout(weights)
    built = build_network(keras, network_class=network.network_class, input_size=network.input_size)
    # Keras leaves layers that it does not find in the file as they were, with a warning only.
    built.set_weights([_emptied(array) for array in built.get_weights()])
    try:
        _fill(built, weights.path, suffix)
    except (ValueError, KeyError, OSError) as exc:
        raise ModelError(_not_its_weights(network, weights, exc)) from exc
    if any(np.isnan(array).any() for array in built.get_weights()):
        raise ModelError(_not_its_weights(network, weights, "weights are missing or NaN"))
    _refuse_leftovers(built, network, weights)
    settle_normalization(built)
    return built


def settle_normalization(built: Any) -> None:  # noqa: ANN401
    """Square the input variance of an EfficientNet that holds the released ImageNet weights.

    The release stores the standard deviation where the layer expects the variance, and Keras
    mends that with one more layer, only built for `weights="imagenet"`
    (https://github.com/tensorflow/tensorflow/issues/49930). The variance mended in place gives
    the same numbers; a network trained in another way, or mended before, is left as it is.
    """
    for layer in built.layers:
        if type(layer).__name__ != "Normalization" or not layer.weights:
            continue
        mean, variance, *rest = layer.get_weights()
        if mean.shape != (3,) or not np.allclose(mean, _IMAGENET_MEAN, atol=1e-3):
            continue
        if np.allclose(variance, _IMAGENET_STDDEV, atol=1e-3):
            mended = variance * np.asarray(_IMAGENET_STDDEV, variance.dtype)
            layer.set_weights([mean, mended, *rest])
            layer.finalize_state()


def _emptied(array: NDArray[Any]) -> NDArray[Any]:
    return np.full_like(array, np.nan) if array.dtype.kind == "f" else array


def _fill(built: Any, path: Path, suffix: str) -> None:  # noqa: ANN401
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Keras tells the two layouts apart by the file's name alone.
        link = Path(folder) / f"network{suffix}"
        link.symlink_to(path.resolve())
        built.load_weights(str(link))


def _layout(weights: Weights) -> str:
    """Return the suffix by which Keras knows the file's layout."""
    import h5py

    try:
        with h5py.File(weights.path, "r") as file:
            legacy = "layer_names" in file.attrs or "model_weights" in file
            keras3 = "layers" in file or "_layer_checkpoint_dependencies" in file
    except OSError as exc:
        raise ModelError(
            f"{weights.origin}: {weights.path} is no HDF5 file ({exc}): "
            "give the .weights.h5 or .h5 file that Keras saved"
        ) from exc
    if not (legacy or keras3):
        raise ModelError(
            f"{weights.origin}: {weights.path} is an HDF5 file but holds no Keras weights: "
            "give the file that Keras' save_weights wrote"
        )
    return ".h5" if legacy else ".weights.h5"


def _refuse_leftovers(built: Any, network: Network, weights: Weights) -> None:  # noqa: ANN401
    """Refuse a Keras 3 file that holds more layers: Keras itself would ignore them silently."""
    import h5py

    held: list[str] = []

    def note(name: str, item: Any) -> None:  # noqa: ANN401
        is_weight = isinstance(item, h5py.Dataset) and item.dtype.kind == "f"
        if is_weight and not name.startswith("optimizer"):
            held.append(name)

    with h5py.File(weights.path, "r") as file:
        if "layer_names" in file.attrs or "model_weights" in file:
            return
        file.visititems(note)
    expected = sum(1 for weight in built.weights if str(weight.dtype).startswith("float"))
    if len(held) > expected + _HEAD_VARIABLES:
        surplus = f"it holds {len(held)} weights, the network {expected}"
        raise ModelError(_not_its_weights(network, weights, surplus))


def _not_its_weights(network: Network, weights: Weights, why: object) -> str:
    reason = " ".join(str(why).split())[:300]
    return (
        f"{weights.origin}: {weights.path} does not hold the weights of {network.name} without "
        f"its top ({network.network_class}, include_top=False): give its own file, or the --model "
        f"that the file is for ({reason})"
    )
