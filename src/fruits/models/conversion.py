"""A filled Keras network → an ONNX model by tf2onnx, with what tf2onnx cannot do done before it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from fruits.backends.tensorflow import INSTALL, trace_network
from fruits.errors import ModelError
from fruits.models.registry import Network

OPSET = 17


def convert(built: Any, network: Network) -> Any:  # noqa: ANN401
    """Convert a network of the registry, its own preprocessing inside (see `convert_keras`)."""
    trace = partial(trace_network, module=network.module, input_size=network.input_size, batch=None)
    return convert_keras(built, trace=trace, name=network.name)


def convert_keras(built: Any, *, trace: Callable[[Any], Any], name: str) -> Any:  # noqa: ANN401
    """Convert uint8[n, h, w, 3] → float32[n, dim] to an `onnx.ModelProto`.

    `trace` makes the `tf.function` of `built`, which is used up: its layers are rewritten. Raises
    ModelError when a library is missing or an operation has no ONNX form.
    """
    try:
        from tf2onnx import convert as tf2onnx
    except ImportError as exc:
        raise ModelError(f"tf2onnx or onnx cannot be imported ({exc}): {INSTALL}") from exc
    _settle_batch_norms(built)
    _bake_normalization(built)
    _split_groups(built)
    function = trace(built)
    try:
        model, _external = tf2onnx.from_function(
            function,
            input_signature=function.input_signature,
            opset=OPSET,
            custom_op_handlers={"Erfc": (_erfc, [])},
        )
    except (ValueError, RuntimeError, NotImplementedError) as exc:
        raise ModelError(_refusal(name, str(exc))) from exc
    _refuse_unknown_operations(model, name)
    return model


def _settle_batch_norms(built: Any) -> None:  # noqa: ANN401
    """Fold each batch norm's statistics into its gamma and beta, in float64.

    TensorFlow's own folding takes a float32 `rsqrt`, whose last bit depends on the processor:
    the model's identity would too. A variance of 1 - epsilon leaves it `rsqrt(1)`.
    """
    for layer in built.layers:
        if type(layer).__name__ != "BatchNormalization" or not (layer.scale and layer.center):
            continue
        gamma, beta, mean, variance = (item.astype(np.float64) for item in layer.get_weights())
        factor = gamma / np.sqrt(variance + layer.epsilon)
        unit = np.full_like(variance, _unit_variance(layer.epsilon))
        layer.set_weights([factor, beta - mean * factor, np.zeros_like(mean), unit])


def _bake_normalization(built: Any) -> None:  # noqa: ANN401
    """Turn the input statistics into plain arrays: tf2onnx makes graph inputs of eager tensors."""
    for layer in built.layers:
        if type(layer).__name__ == "Normalization":
            layer.mean, layer.variance = np.asarray(layer.mean), np.asarray(layer.variance)


def _unit_variance(epsilon: float) -> np.float32:
    """Find the float32 that gives exactly 1 when the float32 epsilon is added to it."""
    one, small = np.float32(1), np.float32(epsilon)
    guess = one - small
    around = (guess, np.nextafter(guess, one), np.nextafter(guess, np.float32(0)))
    return next((value for value in around if value + small == one), guess)


def _split_groups(built: Any) -> None:  # noqa: ANN401
    """Compute a convolution of one channel per group (ConvNeXt's) as the depthwise one it is.

    Keras compiles grouped convolutions with XLA, which tf2onnx cannot look into.
    """
    for layer in built.layers:
        if type(layer).__name__ == "Conv2D" and 1 < layer.groups == layer.filters:
            layer.call = _depthwise(layer)


def _depthwise(layer: Any) -> Any:  # noqa: ANN401
    from keras import ops

    def call(inputs: Any) -> Any:  # noqa: ANN401
        kernel = ops.transpose(layer.kernel, (0, 1, 3, 2))
        outputs = ops.depthwise_conv(inputs, kernel, layer.strides, layer.padding)
        return outputs + layer.bias if layer.use_bias else outputs

    return call


def _erfc(context: Any, node: Any, name: str, _args: Any) -> None:  # noqa: ANN401
    """Write TensorFlow's Erfc (in its exact GELU) as 1 - Erf, which ONNX has."""
    (source,), (target,) = node.input, node.output
    one = context.make_const(f"{name}/one", np.float32(1))
    shapes, dtypes = node.output_shapes, node.output_dtypes
    context.remove_node(name)
    erf = context.make_node("Erf", [source], shapes=shapes, dtypes=dtypes)
    context.make_node(
        "Sub", [one.output[0], erf.output[0]], outputs=[target], shapes=shapes, dtypes=dtypes
    )


def _refuse_unknown_operations(model: Any, name: str) -> None:  # noqa: ANN401
    """Refuse what tf2onnx only logs: operations that it passed on under TensorFlow's name."""
    from onnx import defs

    unknown = {node.op_type for node in model.graph.node if not defs.has(node.op_type)}
    if unknown:
        raise ModelError(_refusal(name, f"no ONNX form of {', '.join(sorted(unknown))}"))


def _refusal(name: str, why: str) -> str:
    return (
        f"{name} cannot be converted to ONNX ({why}): choose another --model, "
        "or give a FILE.onnx that you exported yourself"
    )
