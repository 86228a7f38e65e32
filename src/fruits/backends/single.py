"""A function of one image → the seam's function of a batch, with the batch checked at the door."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fruits.backends.seam import Embed, Payload
from fruits.errors import ModelError

InferOne = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""uint8[1, height, width, 3], C-contiguous → float32[1, dim] (or [dim])."""


def one_at_a_time(infer: InferOne, payload: Payload) -> Embed:
    """Wrap `infer` so that it takes a batch, one image after the other.

    Batch 1 is the fastest on one core (the activations stay in its cache), and it is what makes
    a vector bitwise independent of the batch its image travels in: a matrix product may sum in
    another order when it has more rows.

    Returns: `Embed`; it raises ModelError when given anything but uint8[n, height, width, 3].
    """
    shape = (*payload.input_size, 3)
    dim = payload.dim

    def embed(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        if images.dtype != np.uint8 or images.shape[1:] != shape:
            raise ModelError(_refusal(images, shape))
        pixels = np.ascontiguousarray(images)
        features = np.empty((len(pixels), dim), np.float32)
        for index in range(len(pixels)):
            features[index] = infer(pixels[index : index + 1])
        return features

    return embed


def _refusal(images: NDArray[np.uint8], shape: tuple[int, ...]) -> str:
    found = f"{images.dtype}[{', '.join(map(str, images.shape))}]"
    wanted = f"uint8[n, {', '.join(map(str, shape))}]"
    return f"the network takes {wanted} (RGB) but was given {found}: decode and resize first"
