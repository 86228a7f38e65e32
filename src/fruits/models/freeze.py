"""A Keras network with its weights → one ONNX file, checked on the spot against Keras.

The file takes uint8[n, h, w, 3] "images" (the network's own preprocessing is inside) and gives
float32[n, dim] "features". Converter: tf2onnx (https://github.com/onnx/tensorflow-onnx).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fruits.backends import onnx
from fruits.backends.seam import Payload
from fruits.backends.tensorflow import trace_network
from fruits.errors import ModelError
from fruits.models.canonical import canonical_bytes
from fruits.models.conversion import convert
from fruits.models.registry import Network

FREEZE_VERSION = 1
"""Raise it whenever the bytes that freezing gives may change: it is a part of the cache's key."""

MIN_COSINE = 0.99999
MAX_DIFFERENCE = 1e-3
"""Largest difference to Keras that is accepted, as a share of the largest feature."""


@dataclass(frozen=True)
class Agreement:
    """How close frozen features are to Keras' over the check images, worst case.

    `difference` is the largest absolute difference divided by the largest absolute feature.
    """

    cosine: float
    difference: float


def freeze_network(built: Any, network: Network) -> tuple[bytes, Agreement]:  # noqa: ANN401
    """Convert a filled Keras network; the same weights give the same bytes in every process.

    `built` is used up: its norms are rewritten. Raises ModelError when the conversion
    fails or its features differ from Keras'.
    """
    images = check_images(network.input_size)
    trace = trace_network(built, module=network.module, input_size=network.input_size, batch=None)
    expected = trace(images).numpy()
    content = canonical_bytes(convert(built, network))
    agreement = compare(_frozen_features(content, images, network.dim), expected)
    if not (agreement.cosine >= MIN_COSINE and agreement.difference <= MAX_DIFFERENCE):
        raise ModelError(
            f"{network.name} frozen to ONNX differs from Keras (cosine {agreement.cosine:.6f}, "
            f"difference {agreement.difference:.1e} of the largest feature): "
            "choose another --model, and report it"
        )
    return content, agreement


def check_images(input_size: tuple[int, int]) -> NDArray[np.uint8]:
    """Make uint8[6, h, w, 3]: noise, ramps, a disc, a checkerboard, black and white."""
    height, width = input_size
    rows, columns = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(20250101).integers(0, 256, (height, width, 3))
    ramps = np.stack([rows * 255 / height, columns * 255 / width, (rows + columns) % 256], -1)
    far = (rows - height / 2) ** 2 + (columns - width / 2) ** 2 > (height / 3) ** 2
    disc = np.where(far[..., None], 255, np.array([200, 60, 40]))
    board = np.where(((rows // 16 + columns // 16) % 2)[..., None], [20, 120, 220], [250, 240, 90])
    black = np.zeros((height, width, 3))
    return np.stack([noise, ramps, disc, board, black, black + 255]).astype(np.uint8)


def compare(found: NDArray[np.float32], expected: NDArray[np.float32]) -> Agreement:
    """Compare two float32[n, dim] row by row; NaN anywhere makes the agreement NaN."""
    a, b = found.astype(np.float64), expected.astype(np.float64)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    # A network may well answer a blank image with zeros: only the difference judges there.
    cosines = np.where(norms == 0, 1.0, (a * b).sum(axis=1) / np.where(norms == 0, 1.0, norms))
    largest = max(float(np.abs(b).max()), float(np.finfo(np.float32).tiny))
    return Agreement(float(cosines.min()), float(np.abs(a - b).max()) / largest)


def _frozen_features(content: bytes, images: NDArray[np.uint8], dim: int) -> NDArray[np.float32]:
    height, width = images.shape[1:3]
    return onnx.load(Payload("onnx", content, (height, width), dim), threads=1)(images)
