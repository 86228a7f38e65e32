import numpy as np
import pytest

from fruits.backends.onnx import open_session
from fruits.models.canonical import canonical_bytes

onnx = pytest.importorskip("onnx", reason="needs the package onnx")
helper, numpy_helper = onnx.helper, onnx.numpy_helper
FLOAT, UINT8 = onnx.TensorProto.FLOAT, onnx.TensorProto.UINT8
KERNEL = np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)
SPATIAL = [0, 0, 1, 2, 0, 0, 3, 1]


def build(borders=SPATIAL, *, value=0.0, mode="constant", reader="Conv", **attributes):
    """Pad → Conv or MaxPool → mean over the image."""
    nodes = [
        helper.make_node("Transpose", ["images"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["planes"], ["numbers"], to=FLOAT),
        helper.make_node("Neg", ["numbers"], ["negative"]),
        helper.make_node("Pad", ["negative", "borders", "value"], ["padded"], mode=mode),
        helper.make_node(reader, ["padded", "kernel"][: 1 + (reader == "Conv")], ["read"],
                         kernel_shape=[3, 3], strides=[2, 2], **attributes),
        helper.make_node("GlobalAveragePool", ["read"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["features"]),
    ]  # fmt: skip
    constants = [
        numpy_helper.from_array(np.array(borders, np.int64), "borders"),
        numpy_helper.from_array(np.float32(value).reshape(()), "value"),
        numpy_helper.from_array(KERNEL, "kernel"),
    ]
    graph = helper.make_graph(
        nodes,
        "padded",
        [helper.make_tensor_value_info("images", UINT8, ["n", 9, 9, 3])],
        [helper.make_tensor_value_info("features", FLOAT, ["n", 4 if reader == "Conv" else 3])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def operations(content):
    return [node.op_type for node in onnx.load_from_string(content).graph.node]


def run(content):
    images = np.random.default_rng(1).integers(0, 256, (2, 9, 9, 3), np.uint8)
    return open_session(content, optimised=False).run(None, {"images": images})[0]


def assert_unchanged(**changes):
    before = run(build(**changes).SerializeToString())
    np.testing.assert_allclose(run(canonical_bytes(build(**changes))), before, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    "attributes", [{}, {"pads": [1, 1, 1, 1]}, {"auto_pad": "VALID"}, {"dilations": [2, 2]}]
)
def test_zeros_before_a_convolution_become_its_own_padding(attributes):
    assert "Pad" not in operations(canonical_bytes(build(**attributes)))
    assert_unchanged(**attributes)


@pytest.mark.parametrize(
    "changes",
    [
        {"reader": "MaxPool"},
        {"value": 1.5},
        {"mode": "edge"},
        {"mode": "reflect"},
        {"auto_pad": "SAME_UPPER"},
        {"borders": [0, 0, -1, 0, 0, 0, 0, 0]},
    ],
    ids=["a maximum", "ones", "edge", "reflection", "computed borders", "a crop"],
)
def test_what_is_not_the_convolutions_own_padding_is_left_alone(changes):
    assert "Pad" in operations(canonical_bytes(build(**changes)))
    assert_unchanged(**changes)


def test_a_padding_that_others_read_too_is_left_alone():
    model = build()
    node = helper.make_node("Relu", ["padded"], ["other"])
    mean = helper.make_node("ReduceMean", ["other"], ["one"], axes=[1, 2, 3], keepdims=1)
    total = helper.make_node("Add", ["read", "one"], ["total"])
    model.graph.node[5].input[0] = "total"
    for position, added in enumerate((node, mean, total)):
        model.graph.node.insert(5 + position, added)
    assert "Pad" in operations(canonical_bytes(model))
