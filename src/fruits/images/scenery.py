"""What lies under and behind the fruit: a studio sheet, a board, a cloth, slate or grass."""

from collections.abc import Callable

import numpy as np

from fruits.images.canvas import Canvas, Field, blend, paint


def paint_scenery(canvas: Canvas) -> None:
    """Cover the whole canvas with one of the backgrounds, at random; half of them are white."""
    if canvas.rng.random() < 0.5:
        return _studio(canvas)
    others: tuple[Callable[[Canvas], None], ...] = (_board, _cloth, _slate, _grass)
    return others[canvas.rng.integers(len(others))](canvas)


def paint_shadow(canvas: Canvas, *, radius: float = 0.72) -> None:
    """Darken the ground under the fruit, on the side away from the lamp."""
    u, v = canvas.u + 0.15 * canvas.light[0], canvas.v + 0.15 * canvas.light[1]
    distance = np.hypot(u, v) / radius
    paint(canvas, (0.36 * np.exp(-(distance**4))).astype(np.float32), (30, 25, 30))


def _studio(canvas: Canvas) -> None:
    fall_off: Field = (0.5 + 0.25 * canvas.v + 0.1 * canvas.noise(3)).astype(np.float32)
    paint(canvas, _everywhere(canvas), blend((255, 255, 254), (226, 227, 230), fall_off))


def _board(canvas: Canvas) -> None:
    grain = 0.5 + 0.45 * canvas.noise(40, stretch=14) + 0.15 * canvas.noise(90, stretch=10)
    light, dark = canvas.about((196, 150, 102)), canvas.about((146, 100, 62))
    paint(canvas, _everywhere(canvas), blend(light, dark, grain.astype(np.float32)))


def _cloth(canvas: Canvas) -> None:
    across, down = np.sin(11 * canvas.u) > 0, np.sin(11 * canvas.v) > 0
    squares = (across.astype(np.float32) + down) / 2 + 0.05 * canvas.noise(80)
    thread = canvas.about(
        ((120, 160, 200), (205, 110, 105), (140, 175, 130))[canvas.rng.integers(3)]
    )
    paint(canvas, _everywhere(canvas), blend((246, 243, 236), thread, 0.75 * squares))


def _slate(canvas: Canvas) -> None:
    cloud = 0.5 + 0.3 * canvas.noise(6) + 0.15 * canvas.noise(60)
    paint(canvas, _everywhere(canvas), blend((86, 90, 97), (52, 55, 62), cloud))


def _grass(canvas: Canvas) -> None:
    blades = 0.5 + 0.4 * canvas.noise(50) + 0.3 * canvas.noise(9)
    paint(canvas, _everywhere(canvas), blend((130, 165, 85), (62, 104, 48), blades))


def _everywhere(canvas: Canvas) -> Field:
    return np.ones_like(canvas.u)
