"""A float32 ONNX network → the same in int8, calibrated on images, with ONNX Runtime's own tool.

    .venv-int8/bin/python benchmarks/peers/quantise.py NETWORK IMAGES.npy OUTPUT [--keep 2]

IMAGES.npy is uint8[n, h, w, 3], as the network takes them. Weights are int8 per channel; what flows
between the convolutions is uint8, as QDQ pairs, which other libraries read too. `--keep` leaves the
first convolutions in float32: of all those tried, the first depthwise one loses the most.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

QUANTISED = ["Conv", "Clip", "Add"]


class Images(quantization.CalibrationDataReader):
    """Hands the calibration one image at a time."""

    def __init__(self, images: np.ndarray, name: str) -> None:
        self._feeds: Iterator[dict[str, np.ndarray]] = (
            {name: images[index : index + 1]} for index in range(len(images))
        )

    def get_next(self) -> dict[str, np.ndarray] | None:
        """Return the next image, None after the last."""
        return next(self._feeds, None)


def main() -> None:
    """Prepare the graph, calibrate, write."""
    options = parse()
    with tempfile.TemporaryDirectory() as scratch:
        ready = Path(scratch, "ready.onnx")
        quant_pre_process(options.network, str(ready), skip_symbolic_shape=True)
        network = named(onnx.load(ready))
        onnx.save(network, ready)
        quantization.quantize_static(
            str(ready),
            options.output,
            Images(np.load(options.images), network.graph.input[0].name),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            op_types_to_quantize=QUANTISED,
            nodes_to_exclude=first_convolutions(network, options.keep),
        )


def named(network: onnx.ModelProto) -> onnx.ModelProto:
    """Give every node a name: the tool leaves nodes out by theirs, and ours have none."""
    for index, node in enumerate(network.graph.node):
        node.name = f"node{index}"
    return network


def first_convolutions(network: onnx.ModelProto, count: int) -> list[str]:
    """Return the names of the first `count` convolutions."""
    return [node.name for node in network.graph.node if node.op_type == "Conv"][:count]


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", help="ONNX file")
    parser.add_argument("images", help=".npy file of images to calibrate on")
    parser.add_argument("output", help="ONNX file to write")
    parser.add_argument("--keep", type=int, default=0, help="convolutions left in float32")
    return parser.parse_args()


if __name__ == "__main__":
    main()
