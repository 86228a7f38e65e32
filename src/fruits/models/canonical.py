"""A converted ONNX graph → its canonical bytes: the same network gives the same file, always.

Converters name tensors after counters and order nodes as they please. Here the affine steps
after a convolution are folded into it, every tensor gets a digest of what it computes, nodes are
sorted by (depth, digest) and renamed in that order, and what only describes the file is dropped.
"""

import hashlib
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fruits.errors import ModelError

INPUT = "images"
OUTPUT = "features"
_IR_VERSION = 8
_COMMUTATIVE = {"Add", "Mul"}
_Constants = dict[str, NDArray[Any]]


def canonical_bytes(model: Any) -> bytes:  # noqa: ANN401
    """Serialise an `onnx.ModelProto` of one input and one output in canonical form.

    Raises ModelError when the graph has another number of inputs or outputs.
    """
    graph = model.graph
    if len(graph.input) != 1 or len(graph.output) != 1:
        found = f"{len(graph.input)} inputs and {len(graph.output)} outputs"
        raise ModelError(f"the converted graph has {found}, not one of each: report it")
    constants, nodes = _constants(graph)
    nodes = _fold_affine(nodes, constants, kept=graph.output[0].name)
    ordered = _in_canonical_order(nodes, constants, source=graph.input[0].name)
    content: bytes = _rebuild(model, ordered, constants).SerializeToString(deterministic=True)
    return content


def _constants(graph: Any) -> tuple[_Constants, list[Any]]:  # noqa: ANN401
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


def _fold_affine(nodes: list[Any], constants: _Constants, *, kept: str) -> list[Any]:
    """Fold `Conv → Mul → Add` by a number per channel (a batch norm's rest) into the Conv.

    Computed in float64, so each product is rounded once and is the same on every processor.
    """
    uses = Counter(name for node in nodes for name in node.input)
    producers: dict[str, Any] = {}
    remaining = []
    for node in nodes:
        conv, per_channel = _affine_on_conv(node, producers, constants)
        if conv is not None and uses[conv.output[0]] == 1 and conv.output[0] != kept:
            _absorb(conv, node, per_channel, constants)
        else:
            remaining.append(node)
            conv = node
        producers[node.output[0]] = conv
    return remaining


def _affine_on_conv(node: Any, producers: dict[str, Any], constants: _Constants) -> Any:  # noqa: ANN401
    """Return (the Conv before `node`, the constant per channel), or (None, None)."""
    nothing = (None, None)
    if node.op_type not in _COMMUTATIVE:
        return nothing
    for data, other in (tuple(node.input), tuple(reversed(node.input))):
        conv, constant = producers.get(data), constants.get(other)
        if conv is None or constant is None or conv.op_type != "Conv":
            continue
        channels = constants[conv.input[1]].shape[0] if conv.input[1] in constants else -1
        if constant.size == channels and constant.shape[-3:] == (channels, 1, 1):
            return conv, constant.reshape(channels)
    return nothing


def _absorb(conv: Any, node: Any, per_channel: NDArray[Any], constants: _Constants) -> None:  # noqa: ANN401
    kernel = constants[conv.input[1]].astype(np.float64)
    has_bias = len(conv.input) > 2
    bias = constants[conv.input[2]].astype(np.float64) if has_bias else np.zeros(len(kernel))
    factor = per_channel.astype(np.float64)
    if node.op_type == "Mul":
        kernel = kernel * factor.reshape(-1, *[1] * (kernel.ndim - 1))
        bias = bias * factor
    else:
        bias = bias + factor
    target = node.output[0]
    names = [f"{target}/kernel", f"{target}/bias"]
    constants.update(
        {name: array.astype(np.float32) for name, array in zip(names, (kernel, bias), strict=True)}
    )
    conv.input[1:] = names
    conv.output[0] = target


def _in_canonical_order(nodes: list[Any], constants: _Constants, *, source: str) -> list[Any]:
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
        if node.op_type in _COMMUTATIVE:
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


def _rebuild(model: Any, nodes: list[Any], constants: _Constants) -> Any:  # noqa: ANN401
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
