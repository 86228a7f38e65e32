"""A network that takes its time, so that one can kill who is using it: ~10 ms an image and core."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

SIDE = 224
DIM = 24
LAYERS = 2


def slow_network() -> bytes:
    """Build uint8[n, 224, 224, 3] "images" → float32[n, 24] "features"; the same bytes each time.

    3×3 convolutions at full size over pixels / 255, with ReLU, and the mean over the image.
    """
    rng = np.random.default_rng(0)
    shapes = [(DIM, 3, 3, 3)] + [(DIM, DIM, 3, 3)] * LAYERS
    # Scaled as He et al. (2015, doi:10.1109/ICCV.2015.123): the signal neither fades nor grows.
    kernels = [rng.normal(0, np.sqrt(2 / (9 * shape[1])), shape) for shape in shapes]
    nodes = [
        helper.make_node("Transpose", ["images"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["planes"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["numbers", "scale"], ["r0"]),
    ]
    for n in range(len(kernels)):
        nodes.append(helper.make_node("Conv", [f"r{n}", f"kernel{n}"], [f"c{n}"]))
        nodes.append(helper.make_node("Relu", [f"c{n}"], [f"r{n + 1}"]))
    nodes.append(helper.make_node("GlobalAveragePool", [f"r{len(kernels)}"], ["pooled"]))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["features"], axis=1))
    weights = [numpy_helper.from_array(np.float32(255).reshape(()), "scale")] + [
        numpy_helper.from_array(kernel.astype(np.float32), f"kernel{n}")
        for n, kernel in enumerate(kernels)
    ]
    graph = helper.make_graph(
        nodes,
        "slow",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", DIM])],
        weights,
    )
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    return bytes(model.SerializeToString(deterministic=True))
