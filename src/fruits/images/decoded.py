"""What every decoder gives back: upright pixels, the image's own size, and who decoded it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fruits.images.framing import Size


@dataclass(frozen=True)
class Decoded:
    """Upright RGB pixels; `size` is the upright image's before any shrinking."""

    pixels: NDArray[np.uint8]
    size: Size
    decoder: str
