"""A Keras payload → vectors with TensorFlow: the reference that the other backends must equal.

The payload holds the network's name and its weights, so a worker builds the network with
`weights=None` and fills it with what was broadcast: nothing is downloaded there.
"""

import contextlib
import io
import os
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fruits.backends.seam import Embed, Payload, PayloadKind
from fruits.backends.single import one_at_a_time
from fruits.choices import Precision
from fruits.errors import ModelError

PRECISIONS: tuple[Precision, ...] = ("f32",)
KIND: PayloadKind = "keras"
MODULE = "tensorflow"
INSTALL = "pip install 'fruits[tensorflow]'"


def load(payload: Payload, threads: int) -> Embed:
    """Rebuild the Keras network of `payload` and trace it once, on `threads` threads.

    TensorFlow fixes its thread pools when it first computes: in a process where it already
    has, `threads` changes nothing. Raises ModelError when TensorFlow cannot be imported, runs
    under another Keras backend, or when the weights do not fit the network.
    """
    network_class, module, weights = unpack_network(payload.content)
    keras, tf = import_keras()
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    network = build_network(keras, network_class=network_class, input_size=payload.input_size)
    try:
        fill_network(network, weights)
    except ValueError as exc:
        raise ModelError(
            f"the broadcast weights do not fit {network_class} of Keras {keras.__version__}: "
            f"use the same Keras on the driver and on the workers ({exc})"
        ) from exc
    trace = trace_network(network, module=module, input_size=payload.input_size, batch=1)

    def infer(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        features: NDArray[np.float32] = trace(image).numpy()
        return features

    return one_at_a_time(infer, payload)


def import_keras() -> tuple[Any, Any]:
    """Import (keras, tensorflow), quietly; ModelError when missing or set up for something else."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    try:
        import keras
        import tensorflow as tf
    except ImportError as exc:
        raise ModelError(f"TensorFlow cannot be imported ({exc}): {INSTALL}") from exc
    settings = keras.config
    found = (settings.backend(), settings.image_data_format(), settings.floatx())
    if found != ("tensorflow", "channels_last", "float32"):
        raise ModelError(
            f"Keras is set up as {', '.join(found)}; fruits needs tensorflow, channels_last, "
            "float32: set KERAS_BACKEND=tensorflow or mend keras.json"
        )
    return keras, tf


def build_network(keras: Any, *, network_class: str, input_size: tuple[int, int]) -> Any:  # noqa: ANN401
    """Build a network of `keras.applications` without weights, without its top, average-pooled."""
    build = getattr(keras.applications, network_class)
    return build(weights=None, include_top=False, pooling="avg", input_shape=(*input_size, 3))


def fill_network(network: Any, weights: Sequence[NDArray[Any]]) -> None:  # noqa: ANN401
    """Set the weights of a network, in its own order; ValueError when they do not fit."""
    network.set_weights(weights)
    for layer in network.layers:
        # `set_weights` alone leaves a Normalization layer computing with its old statistics.
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def trace_network(
    network: Any,  # noqa: ANN401
    *,
    module: str,
    input_size: tuple[int, int],
    batch: int | None,
) -> Any:  # noqa: ANN401
    """Trace uint8[batch, h, w, 3] → float32[batch, dim] as a `tf.function`, preprocessing inside.

    `module` is the part of `keras.applications` whose `preprocess_input` the network expects.
    """
    keras, tf = import_keras()
    preprocess = getattr(keras.applications, module).preprocess_input
    entry = tf.TensorSpec((batch, *input_size, 3), tf.uint8, name="images")

    def features(images: Any) -> Any:  # noqa: ANN401
        return network(preprocess(tf.cast(images, tf.float32)), training=False)

    return tf.function(features, input_signature=[entry])


def pack_network(network_class: str, module: str, weights: Sequence[NDArray[Any]]) -> bytes:
    """Write the content of a "keras" payload: an NPZ (no pickle), names first, then weights."""
    buffer = io.BytesIO()
    np.savez(buffer, np.array([network_class, module]), *weights)
    return buffer.getvalue()


def unpack_network(content: bytes) -> tuple[str, str, list[NDArray[Any]]]:
    """Read what `pack_network` wrote; ModelError when the bytes are something else."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as packed:
            network_class, module = (str(part) for part in packed["arr_0"])
            weights = [packed[f"arr_{index}"] for index in range(1, len(packed.files))]
            return network_class, module, weights
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as exc:
        raise ModelError(f"this is no Keras payload of fruits ({exc}): build it again") from exc
