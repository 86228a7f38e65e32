"""A photo → the photo somebody else might have taken: framing, light, focus, compression.

Pixels are uint8[h, w, 3] (RGB) throughout; every choice comes from the generator given.
"""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.uint8]
Generator = np.random.Generator

SIDES = (100, 225)
"""Smallest (included) and largest (excluded) side of a view, in pixels."""


def crop(pixels: Pixels, rng: Generator, *, area: tuple[float, float]) -> Pixels:
    """Cut a share of the area, of a shape between 3:4 and 4:3, anywhere in the photo."""
    height, width = pixels.shape[:2]
    share = rng.uniform(*area)
    stretch = np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3)) / 2)
    rows = round(height * min(1.0, np.sqrt(share) * stretch))
    columns = round(width * min(1.0, np.sqrt(share) / stretch))
    top, left = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
    return pixels[top : top + rows, left : left + columns]


def turn(pixels: Pixels, rng: Generator, *, degrees: float, fill: int | None = None) -> Pixels:
    """Mirror one time in two, and turn by a normal angle; corners are `fill`, or cut away."""
    image = Image.fromarray(pixels)
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    angle = float(rng.normal(0, degrees))
    colour = None if fill is None else (fill,) * 3
    image = image.rotate(angle, Image.Resampling.BICUBIC, fillcolor=colour)
    if fill is None:
        image = image.crop(_without_corners(image.size, angle))
    return np.asarray(image)


def scale(pixels: Pixels, side: int) -> Pixels:
    """Make a photo square, `side` pixels high and wide."""
    resized = Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(resized)


def develop(pixels: Pixels, rng: Generator) -> Pixels:
    """Change exposure, white balance, contrast, saturation and gamma; blur; add grain."""
    values: NDArray[np.floating[Any]] = pixels.astype(np.float32) / 255
    if rng.random() < 0.8:
        values = _recoloured(values, rng)
    image = Image.fromarray(_to_bytes(values))
    if rng.random() < 0.3:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.8))))
    values = np.asarray(image).astype(np.float32) / 255
    if rng.random() < 0.3:
        values = values + rng.normal(0, rng.uniform(0.005, 0.04), values.shape)
    return _to_bytes(values)


def compress(pixels: Pixels, rng: Generator) -> bytes:
    """Encode a photo as JPEG, of quality 40 to 95."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=int(rng.integers(40, 96)))
    return file.getvalue()


def _recoloured(values: NDArray[np.floating[Any]], rng: Generator) -> NDArray[np.float32]:
    values = values * np.exp(rng.normal(0, 0.18)) * np.exp(rng.normal(0, 0.06, 3))
    grey = values.mean(axis=2, keepdims=True)
    values = grey + (values - grey) * np.exp(rng.normal(0, 0.2))
    middle = values.mean()
    values = middle + (values - middle) * np.exp(rng.normal(0, 0.15))
    gamma = np.exp(rng.normal(0, 0.15))
    recoloured: NDArray[np.float32] = np.clip(values, 0, 1).astype(np.float32) ** np.float32(gamma)
    return recoloured


def _without_corners(size: tuple[int, int], angle: float) -> tuple[int, int, int, int]:
    """The largest centred box, of the photo's shape, that a turn by `angle` degrees leaves full."""
    width, height = size
    sine, cosine = abs(np.sin(np.radians(angle))), abs(np.cos(np.radians(angle)))
    share = 1 / (cosine + sine * max(width / height, height / width))
    # One pixel more, which the interpolation mixes with what is outside.
    left, top = int(width * (1 - share) / 2) + 2, int(height * (1 - share) / 2) + 2
    return left, top, width - left, height - top


def _to_bytes(values: NDArray[np.floating[Any]]) -> Pixels:
    pixels: Pixels = np.clip(np.rint(values * 255), 0, 255).astype(np.uint8)
    return pixels
