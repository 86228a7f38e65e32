"""A dozen fruits, each one drawn by a short recipe of bodies, colours and speckles."""

from collections.abc import Callable

import numpy as np

from fruits.images.canvas import (
    Canvas,
    Field,
    blend,
    edge,
    paint,
    paint_ball,
    paint_body,
    paint_leaf,
    paint_stroke,
    place,
    round_profile,
)

BROWN = (96, 66, 38)


def paint_apple(canvas: Canvas) -> None:
    """A red apple, streaked with yellow, dimpled under its stem."""
    u, v = canvas.u, canvas.v
    dimple = 0.13 * np.exp(-((u / 0.2) ** 2))
    width = round_profile(
        v + 0.06 * v * v - np.where(v < 0, dimple, -0.4 * dimple), 0.74, height=0.7
    )
    streaks = 0.32 + 0.3 * np.sin(17 * np.arctan2(u, 1.2 - v) + 2 * canvas.noise(5))
    ground = blend(
        canvas.about((188, 24, 38)), (232, 178, 74), streaks + 0.35 * canvas.noise(3) - 0.1
    )
    dots = np.clip(4 * canvas.noise(45) - 2.6, 0, 0.6)
    paint_body(canvas, u, width=width, colour=blend(ground, (244, 214, 150), dots))
    paint_stroke(canvas, [(0, -0.5), (0.03, -0.7), (0.09, -0.86)], width=0.07, colour=BROWN)
    if canvas.rng.random() < 0.7:
        paint_leaf(canvas, (0.04, -0.72), angle=canvas.rng.uniform(0.8, 1.5), length=0.5)


def paint_banana(canvas: Canvas) -> None:
    """A curved banana with blunt brown ends, a ridge and freckles."""
    bend = 0.85
    around, away = canvas.u, canvas.v + bend - 0.25
    along = np.arctan2(around, away) * bend
    across = (np.hypot(around, away) - bend).astype(np.float32)
    taper = np.clip(1 - np.abs(along / 0.98) ** 5, 0, 1) ** 0.5
    width = np.where(np.abs(along) < 1.02, 0.05 + 0.2 * taper, -1).astype(np.float32)
    ridge = np.exp(-(((across - 0.05) / 0.025) ** 2)) * 0.35
    peel = blend(canvas.about((240, 205, 60)), (190, 150, 40), ridge + 0.15 * canvas.noise(4))
    freckles = np.clip(5 * canvas.noise(38) - 3.1, 0, 0.8)
    ends = np.clip((np.abs(along) - 0.88) * 14, 0, 1)
    colour = blend(blend(peel, (112, 74, 34), freckles), (84, 66, 38), ends)
    paint_body(canvas, across, width=width, colour=colour, gloss=0.15)


def paint_blueberry(canvas: Canvas) -> None:
    """A handful of blueberries with their bloom and their little crowns."""
    for at in _scattered(canvas, count=7, apart=0.4, within=0.52):
        skin = blend(canvas.about((58, 72, 132)), (140, 156, 196), 0.45 + 0.5 * canvas.noise(9))
        paint_ball(canvas, at, radius=0.27, colour=skin)
        crown = (at[0] + canvas.rng.uniform(-0.08, 0.08), at[1] + canvas.rng.uniform(-0.08, 0.08))
        u, v = place(canvas.u, canvas.v, at=crown)
        star = 0.075 + 0.022 * np.cos(5 * np.arctan2(u, v))
        paint(canvas, 0.9 * edge(canvas, star - np.hypot(u, v)), (26, 30, 62))


def paint_cherry(canvas: Canvas) -> None:
    """A pair of dark, glossy cherries on long stems."""
    top = (canvas.rng.uniform(-0.1, 0.15), -0.85)
    for at in ((-0.38, 0.3), (0.36, 0.38)):
        bow = (at[0] * 0.6 + 0.1, -0.35)
        paint_stroke(canvas, [(at[0], at[1] - 0.3), bow, top], width=0.045, colour=(104, 128, 52))
    paint_leaf(canvas, top, angle=canvas.rng.uniform(1.3, 2.0), length=0.62)
    for at in ((-0.38, 0.3), (0.36, 0.38)):
        skin = blend(canvas.about((150, 12, 34), 8), (92, 4, 24), canvas.v)
        paint_ball(canvas, at, radius=0.37, colour=skin)


def paint_grape(canvas: Canvas) -> None:
    """A hanging bunch of purple grapes."""
    paint_stroke(canvas, [(0, -0.5), (0.02, -0.75), (0.12, -0.92)], width=0.06, colour=BROWN)
    skin = canvas.about((112, 48, 118))
    for row, count in enumerate((4, 5, 4, 3, 2, 1)):
        for place_in_row in range(count):
            u = (place_in_row - (count - 1) / 2) * 0.29 + canvas.rng.normal(0, 0.02)
            v = -0.48 + row * 0.235 + canvas.rng.normal(0, 0.02)
            glow = 0.35 + 0.5 * canvas.noise(6)
            colour = blend(canvas.about(skin, 7), (172, 112, 168), glow)
            paint_ball(canvas, (u, v), radius=0.2, colour=colour)


def paint_kiwi(canvas: Canvas) -> None:
    """Half a kiwi: brown rim, green flesh in rays, a pale heart and a ring of seeds."""
    u, v = canvas.u, canvas.v * 1.08
    radius, angle = np.hypot(u, v), np.arctan2(u, v)
    rays = 0.5 + 0.35 * np.sin(34 * angle + canvas.noise(8)) * np.clip(radius * 1.6, 0, 1)
    flesh = blend(canvas.about((128, 178, 44)), (164, 204, 84), rays)
    heart = np.clip((0.27 + 0.03 * canvas.noise(6) - radius) * 12, 0, 1)
    paint(canvas, edge(canvas, 0.78 - radius), (112, 84, 46))
    paint(canvas, edge(canvas, 0.73 - radius), blend(flesh, (226, 232, 176), heart))
    count = int(canvas.rng.integers(22, 30))
    for turn in np.arange(count) * (2 * np.pi / count):
        reach = canvas.rng.uniform(0.33, 0.45)
        _seed(
            canvas,
            (reach * np.sin(turn), reach * np.cos(turn) / 1.08),
            angle=float(turn),
            length=0.05,
        )


def paint_lemon(canvas: Canvas) -> None:
    """A lemon lying on its side, pointed at both ends."""
    u, v = canvas.v, canvas.u
    tips = 0.11 * np.clip(1 - np.abs(np.abs(v) - 0.74) / 0.16, 0, 1) ** 1.5
    width = round_profile(v, 0.54, height=0.76)
    width = np.where(np.abs(v) < 0.87, np.maximum(width, tips), -1).astype(np.float32)
    pores = 0.5 + 0.5 * canvas.noise(60)
    ground = blend(canvas.about((248, 222, 58)), (226, 190, 30), pores)
    tint = np.clip(np.abs(v) - 0.7, 0, 1) * 4 + 0.12 * canvas.noise(4)
    paint_body(canvas, u, width=width, colour=blend(ground, (156, 176, 52), tint), gloss=0.35)


def paint_orange(canvas: Canvas) -> None:
    """An orange with its pores and the green button of its stem."""
    pores = 0.45 + 0.6 * canvas.noise(64)
    peel = blend(canvas.about((246, 142, 26)), (222, 108, 10), pores)
    paint_body(canvas, canvas.u, width=round_profile(canvas.v, 0.74), colour=peel, gloss=0.3)
    u, v = place(canvas.u, canvas.v, at=(0.12, -0.42))
    star = 0.085 + 0.025 * np.cos(5 * np.arctan2(u, v))
    paint(canvas, edge(canvas, star - np.hypot(u, v * 1.5)), canvas.about((96, 122, 48)))
    paint(canvas, edge(canvas, 0.035 - np.hypot(u, v * 1.5)), (60, 72, 30))


def paint_pear(canvas: Canvas) -> None:
    """A pear: a wide belly, a narrow neck, yellow-green skin with russet dots."""
    u, v = canvas.u, canvas.v
    belly = round_profile(v - 0.24, 0.56, height=0.54)
    neck = round_profile(v + 0.3, 0.3, height=0.46)
    width = _joined(belly, neck, 0.12)
    cheek = 0.55 * np.clip(u + 0.2 + 0.3 * canvas.noise(4), 0, 1)
    skin = blend(canvas.about((186, 194, 72)), (214, 148, 70), cheek)
    dots = np.clip(5 * canvas.noise(56) - 2.6, 0, 0.55)
    paint_stroke(canvas, [(0, -0.68), (0.03, -0.82), (0.1, -0.95)], width=0.07, colour=BROWN)
    paint_body(canvas, u, width=width, colour=blend(skin, (138, 104, 44), dots), gloss=0.22)


def paint_pineapple(canvas: Canvas) -> None:
    """A pineapple: golden diamonds, each with its thorn, under a crown of leaves."""
    for angle in (-1.0, 1.0, -0.65, 0.65, -0.3, 0.3, 0.0):
        lean = angle + canvas.rng.normal(0, 0.06)
        paint_leaf(canvas, (0.16 * angle, -0.26), angle=lean, length=0.62 - 0.14 * abs(angle))
    u, v = canvas.u, canvas.v - 0.3
    width = round_profile(v, 0.46, height=0.62)
    bulge = np.arcsin(np.clip(u / 0.48, -1, 1)) * 3.4
    diamonds = np.abs(np.sin(bulge + 6.4 * v) * np.sin(bulge - 6.4 * v))
    rind = blend((122, 78, 26), canvas.about((226, 164, 48)), diamonds**0.45)
    thorns = np.clip(diamonds * 9 - 8.1, 0, 1)
    paint_body(canvas, u, width=width, colour=blend(rind, (94, 92, 38), thorns), gloss=0.12)


def paint_strawberry(canvas: Canvas) -> None:
    """A strawberry: a red cone set with seeds, and a green collar."""
    u, v = canvas.u, canvas.v
    fall = np.clip((v + 0.55) / 1.3, 0, 1)
    width = 0.62 * np.sqrt(np.clip(fall * 9, 0, 1)) * np.clip(1 - fall**1.9, 0, 1) ** 0.75
    width = np.where((v > -0.55) & (v < 0.75), width, -1).astype(np.float32)
    turn = np.arcsin(np.clip(u / 0.66, -1, 1)) * 7
    pits = np.clip((np.cos(turn + 11 * v) * np.cos(turn - 11 * v)) * 5 - 3.9, 0, 1)
    flesh = blend(
        canvas.about((206, 28, 40)), (236, 92, 70), 0.25 - 0.5 * v + 0.2 * canvas.noise(4)
    )
    paint_body(canvas, u, width=width, colour=blend(flesh, (244, 208, 110), pits), gloss=0.4)
    for angle in (-1.9, 1.9, -1.2, 1.2, -2.6, 2.6, 0.1):
        paint_leaf(canvas, (0, -0.52), angle=angle + canvas.rng.normal(0, 0.1), length=0.36)


def paint_watermelon(canvas: Canvas) -> None:
    """A slice of watermelon: green rind, white rim, red flesh, black seeds."""
    u, v = canvas.u, canvas.v + 0.42
    radius, below = np.hypot(u, v), edge(canvas, v)
    rind = blend(canvas.about((40, 104, 48)), (112, 164, 84), np.sin(24 * np.arctan2(u, v)))
    flesh = blend(canvas.about((222, 52, 62)), (240, 104, 98), 0.4 + 0.7 * canvas.noise(22))
    paint(canvas, below * edge(canvas, 0.92 - radius), rind)
    paint(canvas, below * edge(canvas, 0.82 - radius), (232, 240, 206))
    paint(canvas, below * edge(canvas, 0.75 - radius), flesh)
    for turn in np.linspace(-1.1, 1.1, 7) + canvas.rng.normal(0, 0.06, 7):
        reach = canvas.rng.choice((0.34, 0.5, 0.6))
        _seed(
            canvas,
            (reach * np.sin(turn), reach * np.cos(turn) - 0.42),
            angle=float(turn),
            length=0.055,
        )


SPECIES: dict[str, Callable[[Canvas], None]] = {
    "Apple Red": paint_apple,
    "Banana": paint_banana,
    "Blueberry": paint_blueberry,
    "Cherry": paint_cherry,
    "Grape": paint_grape,
    "Kiwi": paint_kiwi,
    "Lemon": paint_lemon,
    "Orange": paint_orange,
    "Pear": paint_pear,
    "Pineapple": paint_pineapple,
    "Strawberry": paint_strawberry,
    "Watermelon": paint_watermelon,
}
"""The folder's name and the recipe of every species."""


def _seed(canvas: Canvas, at: tuple[float, float], *, angle: float, length: float) -> None:
    u, v = place(canvas.u, canvas.v, at=at, angle=-angle)
    paint(
        canvas,
        edge(canvas, round_profile(v, 0.45 * length, height=length) - np.abs(u)),
        (28, 20, 16),
    )


def _joined(first: Field, second: Field, softness: float) -> Field:
    """The larger of two profiles, with a smooth passage (polynomial smooth maximum, I. Quilez)."""
    near = np.clip(1 - np.abs(first - second) / softness, 0, 1)
    return np.asarray(np.maximum(first, second) + near**2 * softness / 4, dtype=np.float32)


def _scattered(
    canvas: Canvas, *, count: int, apart: float, within: float
) -> list[tuple[float, float]]:
    """Draw places that keep a distance, from the back of the table to its front."""
    found: list[tuple[float, float]] = []
    for _ in range(400):
        u, v = (float(side) for side in canvas.rng.uniform(-within, within, 2))
        if len(found) < count and all(np.hypot(u - a, v - b) > apart for a, b in found):
            found.append((u, v))
    return sorted(found, key=lambda at: at[1])
