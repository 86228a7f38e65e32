"""A small painter: round bodies under a lamp, strokes, leaves and tables, as numpy fields."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float32]
"""One float32 per pixel of the canvas, float32[n, n]."""

Colour = tuple[float, float, float]
"""Red, green and blue, 0 to 255."""

Colours = NDArray[np.float32]
"""A colour per pixel, float32[n, n, 3]."""

_AMBIENT, _DIFFUSE, _SHININESS = 0.34, 0.78, 36


@dataclass(frozen=True)
class Canvas:
    """A square picture being painted, float32[n, n, 3] in place.

    `u` and `v` are each pixel's place in the fruit's own frame: right and down, about -1 to 1,
    already turned and shifted, so that painters need not care how the fruit lies. `step` is a
    pixel's side in these units; `light` points to the lamp, in the picture's frame.
    """

    rgb: NDArray[np.float32]
    u: Field
    v: Field
    step: float
    light: tuple[float, float, float]
    rng: np.random.Generator

    def noise(self, cells: int, *, stretch: int = 1) -> Field:
        """Smooth noise of about -1 to 1: `cells` waves across, `stretch` times fewer down."""
        coarse = self.rng.uniform(-1, 1, (max(2, cells // stretch), cells)).astype(np.float32)
        size = (self.rgb.shape[1], self.rgb.shape[0])
        return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))

    def about(self, colour: Colour, spread: float = 12) -> Colour:
        """Draw a colour near this one, so that no two fruits are alike."""
        red, green, blue = np.clip(np.array(colour) + self.rng.normal(0, spread, 3), 0, 255)
        return float(red), float(green), float(blue)


def place(u: Field, v: Field, *, at: tuple[float, float], angle: float = 0) -> tuple[Field, Field]:
    """Give coordinates whose origin lies at `at` and whose axes are turned by `angle` radians."""
    right, down = u - at[0], v - at[1]
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    return cos * right + sin * down, cos * down - sin * right


def blend(first: Colour | Colours, second: Colour | Colours, share: NDArray[Any]) -> Colours:
    """Mix two colours or colour fields, float32[n, n, 3]; `share` (0 to 1) is the second's."""
    weight = np.clip(share, 0, 1)[:, :, np.newaxis]
    mixed = (1 - weight) * np.asarray(first, np.float32) + weight * np.asarray(second, np.float32)
    return np.asarray(mixed, dtype=np.float32)


def paint(canvas: Canvas, mask: NDArray[Any], colour: Colour | Colours) -> None:
    """Lay a colour, or one per pixel, over the picture where `mask` (0 to 1) says."""
    canvas.rgb[:] = blend(canvas.rgb, colour, mask)


def paint_body(
    canvas: Canvas, u: Field, *, width: Field, colour: Colours, gloss: float = 0.3
) -> None:
    """Paint a solid of revolution, lit by the lamp (Lambert's law and a Blinn highlight).

    `u` is the distance to its axis, `width` its radius at every pixel's height, negative beyond
    its ends; `gloss` is the highlight's strength, 0 to 1.
    """
    inside = width - np.abs(u)
    window = _window(canvas, inside)
    height = np.sqrt(np.clip(width * np.abs(width) - u**2, 0, None)[window])
    down, right = np.gradient(height, canvas.step)
    normal = np.stack([-right, -down, np.ones_like(height)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    lit, shine = _light(canvas, normal)
    shaded = colour[window] * lit + 255 * gloss * shine
    canvas.rgb[window] = blend(canvas.rgb[window], shaded, edge(canvas, inside)[window])


def paint_ball(canvas: Canvas, at: tuple[float, float], *, radius: float, colour: Colours) -> None:
    """Paint a glossy ball, as berries are, darker towards its rim."""
    u, v = place(canvas.u, canvas.v, at=at)
    depth = np.clip(np.hypot(u, v) / radius, 0, 1) ** 4
    skin = blend(colour, colour * np.float32(0.72), depth)
    paint_body(canvas, u, width=round_profile(v, radius), colour=skin, gloss=0.5)


def paint_leaf(canvas: Canvas, at: tuple[float, float], *, angle: float, length: float) -> None:
    """Paint a leaf that starts at `at` and grows in the direction `angle` (0 is up)."""
    u, v = place(canvas.u, canvas.v, at=at, angle=angle)
    along = np.clip(-v / length, 0, 1)
    width = np.where((along > 0) & (along < 1), 0.26 * length * np.sin(np.pi * along**0.8), -1)
    green = canvas.about((70, 135, 45))
    vein = np.exp(-((u / (0.03 * length)) ** 2)) * 0.6
    colour = blend(green, (165, 195, 105), vein)
    paint_body(canvas, u, width=width.astype(np.float32), colour=colour, gloss=0.1)


def paint_stroke(
    canvas: Canvas, points: list[tuple[float, float]], *, width: float, colour: Colour
) -> None:
    """Paint a line of round ends through the points (u, v), of constant width."""
    distance = np.full_like(canvas.u, np.inf)
    for (u0, v0), (u1, v1) in pairwise(points):
        du, dv = u1 - u0, v1 - v0
        length = max(du * du + dv * dv, 1e-9)
        along = np.clip(((canvas.u - u0) * du + (canvas.v - v0) * dv) / length, 0, 1)
        reach = np.hypot(canvas.u - u0 - along * du, canvas.v - v0 - along * dv)
        distance = np.minimum(distance, reach)
    shade = np.clip(1.15 - 0.5 * distance / width, 0.5, 1.15)[:, :, np.newaxis]
    paint(canvas, edge(canvas, width / 2 - distance), np.asarray(colour, np.float32) * shade)


def _light(canvas: Canvas, normal: NDArray[np.float32]) -> tuple[Any, Any]:
    """Diffuse light and highlight, both float32[h, w, 1], of a surface with these normals."""
    light = np.asarray(canvas.light, np.float32)
    light = light / np.linalg.norm(light)
    halfway = light + np.asarray((0, 0, 1), np.float32)
    halfway = halfway / np.linalg.norm(halfway)
    lit = _AMBIENT + _DIFFUSE * np.clip(normal @ light, 0, None)
    shine = np.clip(normal @ halfway, 0, None) ** _SHININESS
    return lit[:, :, np.newaxis], shine[:, :, np.newaxis]


def _window(canvas: Canvas, inside: Field) -> tuple[slice, slice]:
    """The smallest rectangle around a body, with a margin: most bodies are small."""
    touched = inside > -2 * canvas.step
    down, across = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
    if not len(down):
        return slice(0, 2), slice(0, 2)
    return slice(max(0, down[0] - 2), down[-1] + 3), slice(max(0, across[0] - 2), across[-1] + 3)


def round_profile(v: Field, radius: float, *, height: float | None = None) -> Field:
    """Give the radius of a ball (or of an egg `height` tall on each side) at every height v."""
    half = height or radius
    inside = 1 - (v / half) ** 2
    profile = radius * np.sign(inside) * np.sqrt(np.abs(inside))
    return np.asarray(profile, dtype=np.float32)


def edge(canvas: Canvas, inside: Field) -> Field:
    """Turn a distance (positive inside) into a mask, softened over a pixel and a half."""
    return np.asarray(np.clip(0.5 + inside / (1.5 * canvas.step), 0, 1), dtype=np.float32)
