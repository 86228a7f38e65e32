"""What stands around a convolution and belongs into it: the padding before, the affine after."""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

COMMUTATIVE = {"Add", "Mul"}
Constants = dict[str, NDArray[Any]]


def fold_padding(nodes: list[Any], constants: Constants) -> list[Any]:
    """Fold a `Pad` with zeros in height and width into the `Conv` that alone reads it.

    Never into a pooling: a maximum ignores its own padding, which is not the maximum with zero.
    """
    uses = _uses(nodes)
    producers = {name: node for node in nodes for name in node.output}
    folded = set()
    for node in nodes:
        pad = producers.get(node.input[0]) if node.op_type == "Conv" else None
        if pad is None or uses[node.input[0]] != 1:
            continue
        borders = _zero_borders(pad, constants)
        if borders is not None and _add_borders(node, borders):
            node.input[0] = pad.input[0]
            folded.add(pad.output[0])
    return [node for node in nodes if node.output[0] not in folded]


def fold_affine(nodes: list[Any], constants: Constants, *, kept: str) -> list[Any]:
    """Fold `Conv → Mul → Add` by a number per channel (a batch norm's rest) into the Conv.

    Computed in float64, so each product is rounded once and is the same on every processor.
    """
    uses = _uses(nodes)
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


def _affine_on_conv(node: Any, producers: dict[str, Any], constants: Constants) -> Any:  # noqa: ANN401
    """Return (the Conv before `node`, the constant per channel), or (None, None)."""
    nothing = (None, None)
    if node.op_type not in COMMUTATIVE:
        return nothing
    for data, other in (tuple(node.input), tuple(reversed(node.input))):
        conv, constant = producers.get(data), constants.get(other)
        if conv is None or constant is None or conv.op_type != "Conv":
            continue
        channels = constants[conv.input[1]].shape[0] if conv.input[1] in constants else -1
        if constant.size == channels and constant.shape[-3:] == (channels, 1, 1):
            return conv, constant.reshape(channels)
    return nothing


def _absorb(conv: Any, node: Any, per_channel: NDArray[Any], constants: Constants) -> None:  # noqa: ANN401
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


def _uses(nodes: list[Any]) -> Counter[str]:
    return Counter(name for node in nodes for name in node.input)


def _zero_borders(pad: Any, constants: Constants) -> list[int] | None:  # noqa: ANN401
    """Return [top, left, bottom, right] of a Pad with zeros over [n, c, h, w], else None."""
    modes = [item.s for item in pad.attribute if item.name == "mode"]
    if pad.op_type != "Pad" or modes not in ([], [b"constant"]) or len(pad.input) > 3:
        return None
    value = constants.get(pad.input[2]) if len(pad.input) > 2 and pad.input[2] else 0
    borders = constants.get(pad.input[1])
    if value is None or np.any(value) or borders is None or borders.shape != (8,):
        return None
    spatial = [int(borders[index]) for index in (2, 3, 6, 7)]
    others = any(borders[index] for index in (0, 1, 4, 5))
    return None if others or min(spatial) < 0 else spatial


def _add_borders(conv: Any, borders: list[int]) -> bool:  # noqa: ANN401
    """Add borders to the Conv's own; False when it computes its own from the image's size."""
    from onnx import helper

    own = {item.name: item for item in conv.attribute}
    if "auto_pad" in own and own["auto_pad"].s not in {b"NOTSET", b"VALID"}:
        return False
    before = list(own["pads"].ints) if "pads" in own else [0, 0, 0, 0]
    kept = [item for name, item in own.items() if name not in {"pads", "auto_pad"}]
    total = [one + other for one, other in zip(before, borders, strict=True)]
    kept = [*map(_copy, kept), helper.make_attribute("pads", total)]
    del conv.attribute[:]
    conv.attribute.extend(kept)
    return True


def _copy(attribute: Any) -> Any:  # noqa: ANN401
    copied = type(attribute)()
    copied.CopyFrom(attribute)
    return copied
