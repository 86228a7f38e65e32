"""A tiny ONNX network for tests that need no weights: random convolution features, mean-pooled."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

SIDE = 32
DIM = 24


def tiny_network(*, seed: int = 0) -> bytes:
    """Build uint8[n, 32, 32, 3] "images" → float32[n, 24] "features"; the same bytes each time.

    A 3×3 convolution of stride 2 without padding over pixels / 255, ReLU, mean over the image.
    """
    kernel = tiny_kernel(seed=seed)
    nodes = [
        helper.make_node("Transpose", ["images"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["planes"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["numbers", "scale"], ["pixels"]),
        helper.make_node("Conv", ["pixels", "kernel"], ["edges"], strides=[2, 2]),
        helper.make_node("Relu", ["edges"], ["active"]),
        helper.make_node("GlobalAveragePool", ["active"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["features"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", DIM])],
        [
            numpy_helper.from_array(np.float32(255).reshape(()), "scale"),
            numpy_helper.from_array(kernel, "kernel"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString(deterministic=True))


def tiny_kernel(*, seed: int = 0) -> np.ndarray:
    """Draw the convolution's weights: float32[24, 3, 3, 3] (out, in, height, width)."""
    return np.random.default_rng(seed).normal(size=(DIM, 3, 3, 3)).astype(np.float32)


def tiny_features(images: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Compute the same features with numpy alone, in float64: the reference for the backends."""
    pixels = images.astype(np.float64) / 255
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (3, 3), axis=(1, 2))[:, ::2, ::2]
    edges = np.einsum("nyxchw,kchw->nyxk", windows, tiny_kernel(seed=seed).astype(np.float64))
    return np.maximum(edges, 0).mean(axis=(1, 2))
