"""Image bytes become the network's input (upright RGB pixels of its size), or a reject."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fruits.choices import Fit
from fruits.images.decode import decode
from fruits.images.framing import Size, frame, shrink_factor
from fruits.images.rejects import MAX_PIXELS, REASONS, Reason, Reject, Undecodable
from fruits.images.resize import resize

__all__ = ["MAX_PIXELS", "REASONS", "Fit", "Prepared", "Reason", "Reject", "prepare"]

_WHITE = 255


@dataclass(frozen=True)
class Prepared:
    """An image ready for the network.

    `pixels` is uint8[h, w, 3] (RGB, contiguous, to be treated as read-only) of the network's input
    size; `width` and `height` are the upright image's own; `decoder` is "turbo", "turbo-1/2",
    "turbo-1/4", "turbo-1/8" or "pillow".
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    decoder: str


def prepare(content: bytes, *, size: Size, fit: Fit = "squash") -> Prepared | Reject:
    """Turn an image file's bytes into pixels of `size` (height, width), or say why not.

    Equal to `ImageOps.exif_transpose(Image.open(…)).convert("RGB").resize(…, BICUBIC)` of Pillow to
    within 2 levels, except that transparency becomes white and 16-bit grey is scaled. JPEGs of 8
    times the size and more are decoded shrunk, which moves a level by less than 1 on average (see
    `framing.SHRINK_MARGIN`). Safe to call from several threads; bad bytes never raise.

    Raises:
        ConfigError: `fit` or `size` is impossible.

    """
    try:
        decoded = decode(content, shrink=partial(shrink_factor, target=size, fit=fit))
    except Undecodable as exc:
        return exc.reject
    height, width = decoded.size
    return Prepared(fit_pixels(decoded.pixels, size, fit), width, height, decoded.decoder)


def fit_pixels(pixels: NDArray[np.uint8], size: Size, fit: Fit) -> NDArray[np.uint8]:
    """Make upright RGB pixels uint8[h, w, 3] fit the network's (height, width).

    Raises:
        ConfigError: `fit` or `size` is impossible.

    """
    placed = frame((pixels.shape[0], pixels.shape[1]), size, fit)
    bottom, right = placed.top + placed.kept[0], placed.left + placed.kept[1]
    resized = resize(pixels[placed.top : bottom, placed.left : right], placed.inner)
    return resized if placed.inner == size else _padded(resized, size)


def _padded(pixels: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    canvas = np.full((*size, 3), _WHITE, dtype=np.uint8)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    canvas[top : top + height, left : left + width] = pixels
    return canvas
