"""A converted ONNX graph → its canonical bytes: the same network gives the same file, always.

Converters name tensors after counters and order nodes as they please. Here what stands around a
convolution and belongs into it is folded, every tensor gets a digest of what it computes, nodes
are sorted by (depth, digest) and renamed, and what only describes the file is dropped.
"""

import hashlib
from typing import Any

from fruits.errors import ModelError
from fruits.models.folding import COMMUTATIVE, Constants, fold_affine, fold_padding

INPUT = "images"
OUTPUT = "features"
_IR_VERSION = 8


def canonical_bytes(model: Any) -> bytes:  # noqa: ANN401
    """Serialise an `onnx.ModelProto` of one input and one output in canonical form.

    Raises ModelError when the graph has another number of inputs or outputs.
    """
    graph = model.graph
    if len(graph.input) != 1 or len(graph.output) != 1:
        found = f"{len(graph.input)} inputs and {len(graph.output)} outputs"
        raise ModelError(f"the converted graph has {found}, not one of each: report it")
    constants, nodes = _constants(graph)
    nodes = fold_padding(nodes, constants)
    nodes = fold_affine(nodes, constants, kept=graph.output[0].name)
    ordered = _in_canonical_order(nodes, constants, source=graph.input[0].name)
    content: bytes = _rebuild(model, ordered, constants).SerializeToString(deterministic=True)
    return content


def _constants(graph: Any) -> tuple[Constants, list[Any]]:  # noqa: ANN401
    """Split a graph into its constant tensors and the nodes that compute."""
    from onnx import numpy_helper

    constants = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    nodes = []
    for node in graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        else:
            nodes.append(node)
    return constants, nodes


def _in_canonical_order(nodes: list[Any], constants: Constants, *, source: str) -> list[Any]:
    """Sort nodes by (depth, digest of what they compute); equal computations are merged."""
    digests = {source: b"source", "": b"absent"}
    depths = {source: 0, "": 0}
    for name, value in constants.items():
        facts = f"{value.dtype.str}{value.shape}".encode()
        digests[name] = hashlib.sha256(facts + value.tobytes()).digest()
        depths[name] = 0
    keyed: dict[tuple[int, bytes], Any] = {}
    first: dict[bytes, str] = {}
    for node in nodes:
        if node.op_type in COMMUTATIVE:
            node.input[:] = sorted(node.input, key=lambda name: digests[name])
        digest = _digest(node, [digests[name] for name in node.input])
        depth = 1 + max(depths[name] for name in node.input)
        keyed.setdefault((depth, digest), node)
        for index, name in enumerate(node.output):
            digests[name] = hashlib.sha256(digest + bytes([index])).digest()
            depths[name] = depth
            first.setdefault(digests[name], name)
    ordered = [keyed[key] for key in sorted(keyed)]
    for node in ordered:
        node.input[:] = [first.get(digests[name], name) for name in node.input]
    return ordered


def _digest(node: Any, inputs: list[bytes]) -> bytes:  # noqa: ANN401
    digest = hashlib.sha256(f"{node.domain}:{node.op_type}".encode())
    for attribute in sorted(node.attribute, key=lambda item: str(item.name)):
        digest.update(attribute.SerializeToString(deterministic=True))
    for item in inputs:
        digest.update(item)
    return digest.digest()


def _rebuild(model: Any, nodes: list[Any], constants: Constants) -> Any:  # noqa: ANN401
    """Write a new model that keeps nothing of the old one but what it computes."""
    from onnx import helper, numpy_helper

    graph = model.graph
    names = {graph.input[0].name: INPUT, graph.output[0].name: OUTPUT, "": ""}
    tensors: list[Any] = []
    fresh: list[Any] = []
    for node in nodes:
        for name in node.input:
            if name not in names:
                names[name] = f"w{len(tensors)}"
                tensors.append(numpy_helper.from_array(constants[name], names[name]))
        for name in node.output:
            names.setdefault(name, f"t{len(fresh)}" if name else "")
        fresh.append(_renamed(node, names))
    ends = [_named(graph.input[0], INPUT), _named(graph.output[0], OUTPUT)]
    domains = {node.domain for node in fresh}
    opsets = [item for item in model.opset_import if item.domain in domains]
    rebuilt = helper.make_graph(fresh, "fruits", ends[:1], ends[1:], tensors)
    return helper.make_model(rebuilt, opset_imports=opsets, ir_version=_IR_VERSION)


def _renamed(node: Any, names: dict[str, str]) -> Any:  # noqa: ANN401
    from onnx import helper

    renamed = helper.make_node(
        node.op_type,
        [names[name] for name in node.input],
        [names[name] for name in node.output],
        domain=node.domain,
    )
    renamed.attribute.extend(sorted(node.attribute, key=lambda item: str(item.name)))
    return renamed


def _named(end: Any, name: str) -> Any:  # noqa: ANN401
    from onnx import helper

    shape = end.type.tensor_type.shape.dim
    sizes = ["n", *[dim.dim_value for dim in shape[1:]]]
    return helper.make_tensor_value_info(name, end.type.tensor_type.elem_type, sizes)
