"""What every backend receives (a payload) and gives back (a function from pixels to vectors)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fruits.choices import Precision

PayloadKind = Literal["onnx", "keras"]

Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""uint8[n, height, width, 3] (RGB) → float32[n, dim]; a row never depends on its neighbours."""


@dataclass(frozen=True)
class Payload:
    """A frozen network, ready to travel to the workers and to be loaded there without a network.

    `content` is an ONNX file (kind "onnx") or a Keras network's name and weights (kind "keras",
    see `backends.tensorflow`). `input_size` is (height, width) in pixels, `dim` the vector length.
    """

    kind: PayloadKind
    content: bytes
    input_size: tuple[int, int]
    dim: int
    precision: Precision = "f32"
