import itertools

import numpy as np
import onnxruntime
import pytest

from fruits.errors import ModelError
from fruits.models.canonical import canonical_bytes

onnx = pytest.importorskip("onnx", reason="needs the package onnx")
helper, numpy_helper = onnx.helper, onnx.numpy_helper
FLOAT, UINT8 = onnx.TensorProto.FLOAT, onnx.TensorProto.UINT8
DRAW = np.random.default_rng(3)
KERNEL = DRAW.normal(size=(4, 3, 3, 3)).astype(np.float32)
FACTOR = DRAW.normal(size=(4, 1, 1)).astype(np.float32)
SHIFT = DRAW.normal(size=(1, 4, 1, 1)).astype(np.float32)


def build(prefix="", *, swapped=False, order=1, output="y"):
    """Conv → Mul → Add → (Relu, Sigmoid) → Add → mean, with names and orders to choose."""

    def name(tensor):
        return f"{prefix}{tensor}"

    def pair(one, other):
        return [name(other), name(one)] if swapped else [name(one), name(other)]

    branches = [
        helper.make_node("Relu", [name("shifted")], [name("relu")], name=name("R")),
        helper.make_node("Sigmoid", [name("shifted")], [name("sigmoid")], name=name("S")),
    ]
    nodes = [
        helper.make_node("Transpose", [name("x")], [name("planes")], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", [name("planes")], [name("numbers")], to=FLOAT),
        helper.make_node("Conv", [name("numbers"), name("k")], [name("conv")], pads=[1, 1, 1, 1]),
        helper.make_node("Mul", pair("conv", "f"), [name("scaled")]),
        helper.make_node("Add", pair("scaled", "s"), [name("shifted")]),
        *branches[::order],
        helper.make_node("Add", pair("relu", "sigmoid"), [name("sum")]),
        helper.make_node("GlobalAveragePool", [name("sum")], [name("pooled")]),
        helper.make_node("Flatten", [name("pooled")], [name(output)]),
    ]
    constants = {"k": KERNEL, "f": FACTOR, "s": SHIFT}
    graph = helper.make_graph(
        nodes,
        name("graph"),
        [helper.make_tensor_value_info(name("x"), UINT8, [name("batch"), 8, 8, 3])],
        [helper.make_tensor_value_info(name(output), FLOAT, [name("batch"), 4])],
        [numpy_helper.from_array(array, name(key)) for key, array in constants.items()][::order],
        doc_string=name("doc"),
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 2)]
    return helper.make_model(graph, opset_imports=opsets, producer_name=name("p"), ir_version=8)


def run(content):
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8)
    return session.run(None, {session.get_inputs()[0].name: images})[0]


def test_names_orders_and_descriptions_leave_no_trace_in_the_bytes():
    variants = itertools.product(["", "net_12/"], [False, True], [1, -1])
    contents = {
        canonical_bytes(build(prefix, swapped=swapped, order=order))
        for prefix, swapped, order in variants
    }
    assert len(contents) == 1


def test_canonical_bytes_are_their_own_canonical_form():
    once = canonical_bytes(build())
    assert canonical_bytes(onnx.load_from_string(once)) == once


def test_the_canonical_form_computes_what_the_original_did():
    original = build()
    np.testing.assert_allclose(
        run(canonical_bytes(original)), run(build().SerializeToString()), rtol=1e-4, atol=1e-4
    )


def test_scale_and_shift_after_a_convolution_are_folded_into_it():
    graph = onnx.load_from_string(canonical_bytes(build())).graph
    operations = [node.op_type for node in graph.node]
    assert "Mul" not in operations
    assert operations.count("Add") == 1  # the one that adds the two branches
    assert len(next(node for node in graph.node if node.op_type == "Conv").input) == 3


def test_a_convolution_that_is_also_used_unscaled_is_left_alone():
    model = build()
    model.graph.node[5].input[0] = "conv"
    graph = onnx.load_from_string(canonical_bytes(model)).graph
    assert "Mul" in [node.op_type for node in graph.node]
    np.testing.assert_allclose(
        run(graph_bytes := canonical_bytes(model)), run(graph_bytes), rtol=0, atol=0
    )


def test_a_factor_that_is_not_per_channel_is_not_folded():
    model = build()
    row = np.arange(8, dtype=np.float32).reshape(1, 1, 1, 8)
    model.graph.initializer[1].CopyFrom(numpy_helper.from_array(row, "f"))
    expected = run(model.SerializeToString())
    np.testing.assert_allclose(run(canonical_bytes(model)), expected, rtol=1e-4)


def test_equal_computations_are_merged():
    model = build()
    model.graph.node[6].op_type = "Relu"
    graph = onnx.load_from_string(canonical_bytes(model)).graph
    assert [node.op_type for node in graph.node].count("Relu") == 1


def test_other_weights_give_other_bytes():
    model = build()
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(KERNEL + 1e-6, "k"))
    assert canonical_bytes(model) != canonical_bytes(build())


def test_input_and_output_carry_the_names_of_the_contract():
    graph = onnx.load_from_string(canonical_bytes(build())).graph
    assert [end.name for end in (*graph.input, *graph.output)] == ["images", "features"]
    assert graph.input[0].type.tensor_type.shape.dim[0].dim_param == "n"


def test_a_graph_with_two_outputs_is_refused():
    model = build()
    model.graph.output.append(helper.make_tensor_value_info("relu", FLOAT, None))
    with pytest.raises(ModelError, match="1 inputs and 2 outputs"):
        canonical_bytes(model)
