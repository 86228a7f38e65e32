"""A fruit on white → the same fruit somewhere else: its outline, backgrounds, pasting."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from training.augment import Generator, Pixels, scale

WHITE = 255
_PAPER = 238
"""Where every channel is at least this, Fruits-360 shows its white paper and not the fruit."""


def outline(pixels: Pixels) -> NDArray[np.float32]:
    """Tell fruit from paper: float32[h, w], 1 inside the fruit, 0 outside, soft in between."""
    inside = ndimage.binary_fill_holes(ndimage.binary_opening(pixels.min(axis=2) < _PAPER))
    inside = ndimage.binary_erosion(inside)  # the outermost pixels are half paper
    soft: NDArray[np.float32] = ndimage.gaussian_filter(inside.astype(np.float32), 0.7)
    return soft


def paste(fruit: Pixels, background: Pixels, rng: Generator) -> Pixels:
    """Put a fruit on a square background, somewhere, 35 to 105 % of its size."""
    side = background.shape[0]
    size = round(side * rng.uniform(0.35, 1.05))
    mask = Image.fromarray((outline(fruit) * 255).astype(np.uint8)).resize((size, size))
    top, left = (int(rng.integers(min(0, side - size), max(1, side - size))) for _ in range(2))
    scene = Image.fromarray(background)
    scene.paste(Image.fromarray(scale(fruit, size)), (left, top), mask)
    return np.asarray(scene)


def plain(side: int, rng: Generator) -> Pixels:
    """Make a background of one colour that fades into another."""
    first, second = rng.integers(0, 256, (2, 3))
    angle = rng.uniform(0, 2 * np.pi)
    ticks = np.linspace(-0.5, 0.5, side)
    share = np.clip(0.5 + np.cos(angle) * ticks[:, None] + np.sin(angle) * ticks, 0, 1)[..., None]
    pixels: Pixels = (first * share + second * (1 - share)).astype(np.uint8)
    return pixels


def cloudy(side: int, rng: Generator) -> Pixels:
    """Make a background of coloured noise, coarse or fine."""
    cells = int(rng.integers(3, 40))
    spread = rng.uniform(20, 90)
    noise = rng.normal(rng.integers(0, 256, 3), spread, (cells, cells, 3))
    return scale(np.clip(noise, 0, 255).astype(np.uint8), side)
