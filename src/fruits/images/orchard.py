"""A sample orchard: a folder of fruit drawn by code, with a few broken files on purpose."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from fruits.images.canvas import Canvas
from fruits.images.scenery import paint_scenery, paint_shadow
from fruits.images.species import SPECIES

_OVERSAMPLING = 2
_TEST_EVERY = 4
_BREAKAGES = ("truncated", "empty", "text")


def draw_orchard(
    folder: Path, *, images_per_class: int = 20, size: int = 100, seed: int = 0, broken: int = 3
) -> list[Path]:
    """Draw `images_per_class` JPEGs of each of twelve species, and `broken` unreadable files.

    Every fourth picture goes to `Test/<Species>/`, the others to `Training/<Species>/`; all are
    `size` pixels square. Broken files (truncated, empty and text, in turn) lie in `Training/`. The
    same arguments and libraries give the same bytes, and a picture depends on its own number only.

    Returns:
        The paths written, pictures first, then the broken ones.

    """
    written = [
        _write(_path(folder, species, number), draw_fruit(species, number, size=size, seed=seed))
        for species in SPECIES
        for number in range(1, images_per_class + 1)
    ]
    names = list(SPECIES)
    for number in range(broken):
        kind = _BREAKAGES[number % len(_BREAKAGES)]
        path = folder / "Training" / names[number % len(names)] / f"broken_{number + 1}_{kind}.jpg"
        written.append(_write(path, _broken(kind, size=size, seed=seed)))
    return written


def draw_fruit(species: str, number: int, *, size: int = 100, seed: int = 0) -> bytes:
    """Draw one picture and encode it: JPEG bytes, `size` pixels square.

    `species` is a key of `SPECIES`; place, turn, light, colours and background vary with `number`.
    """
    rng = np.random.default_rng([seed, list(SPECIES).index(species), number])
    canvas = _posed_canvas(size * _OVERSAMPLING, rng)
    paint_scenery(canvas)
    paint_shadow(canvas)
    SPECIES[species](canvas)
    grain = rng.normal(0, 1.5, canvas.rgb.shape)
    picture = Image.fromarray(np.clip(canvas.rgb + grain, 0, 255).astype(np.uint8))
    picture = picture.resize((size, size), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=int(rng.integers(82, 96)))
    return file.getvalue()


def _posed_canvas(pixels: int, rng: np.random.Generator) -> Canvas:
    """An empty canvas on which the fruit will lie a little turned, shifted and scaled."""
    zoom, angle = rng.uniform(0.94, 1.12), rng.normal(0, 0.3)
    ticks = (np.arange(pixels) + 0.5) / pixels * 2 - 1
    x, y = np.meshgrid(ticks * zoom, ticks * zoom)
    x, y = x + rng.uniform(-0.07, 0.07), y + rng.uniform(-0.07, 0.07)
    cos, sin = np.cos(angle), np.sin(angle)
    light = (float(rng.uniform(-0.8, 0.8)), float(rng.uniform(-0.9, -0.3)), 1.0)
    return Canvas(
        rgb=np.zeros((pixels, pixels, 3), dtype=np.float32),
        u=(cos * x + sin * y).astype(np.float32),
        v=(cos * y - sin * x).astype(np.float32),
        step=float(2 * zoom / pixels),
        light=light,
        rng=rng,
    )


def _path(folder: Path, species: str, number: int) -> Path:
    split = "Training" if number % _TEST_EVERY else "Test"
    return folder / split / species / f"{species.lower().replace(' ', '-')}_{number:04d}.jpg"


def _broken(kind: str, *, size: int, seed: int) -> bytes:
    if kind == "truncated":
        whole = draw_fruit("Orange", 1, size=size, seed=seed)
        return whole[: len(whole) // 2]
    return b"" if kind == "empty" else b"This is a note about fruit, not a picture of one.\n"


def _write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
