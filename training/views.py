"""Photos → views: JPEG files that teacher and student both read as they would any photo.

A view is a function of the settings and of its number, so a training that was interrupted
draws only the blocks of views that are missing.
"""

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from PIL import Image

from training import augment, scenes
from training.augment import SIDES, Generator, Pixels
from training.photos import FRUITS_360, GROCERY, ORCHARD, Photo
from training.settings import Views

BLOCK = 500
"""Views per folder and per task."""


@dataclass(frozen=True)
class View:
    """One picture to draw: its number over all sources, and the photo that it starts from."""

    number: int
    photo: Photo

    @property
    def path(self) -> str:
        """Where the view lies in the bank."""
        return f"{self.number // BLOCK:04d}/{self.number:06d}.jpg"


def plan(photos: dict[str, list[Photo]], settings: Views) -> list[View]:
    """Share the views among the photos: equal numbers within a source, or one more."""
    wanted = {
        FRUITS_360: settings.fruits_360,
        GROCERY: settings.grocery,
        ORCHARD: settings.orchard,
    }
    chosen = [
        photos[source][turn % len(photos[source])]
        for source, count in wanted.items()
        for turn in range(count)
    ]
    return [View(number, photo) for number, photo in enumerate(chosen)]


def draw_views(
    folder: Path, planned: list[View], *, grocery: list[Photo], seed: int, pool: ProcessPoolExecutor
) -> Iterator[int]:
    """Draw the views that are missing, and their table; yields the number done so far."""
    blocks = [planned[start : start + BLOCK] for start in range(0, len(planned), BLOCK)]
    draw = partial(_draw_block, folder, grocery=grocery, seed=seed)
    done = 0
    for count in pool.map(draw, blocks):
        done += count
        yield done
    with (folder.parent / "views.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("view", "source", "label", "photo"))
        table.writerows((v.path, v.photo.source, v.photo.label, v.photo.path) for v in planned)


def draw_view(view: View, *, grocery: list[Photo], seed: int) -> bytes:
    """Draw one view; JPEG bytes. `grocery` are photos that may stand behind a fruit."""
    rng = np.random.default_rng([seed, view.number])
    draw = {FRUITS_360: _studio_view, GROCERY: _shop_view, ORCHARD: _orchard_view}
    return draw[view.photo.source](view.photo, rng, grocery)


def _studio_view(photo: Photo, rng: Generator, grocery: list[Photo]) -> bytes:
    kind = rng.random()
    if kind < 0.3:
        return photo.read()
    fruit = augment.turn(_pixels(photo), rng, degrees=25, fill=scenes.WHITE)
    side = int(rng.integers(*SIDES))
    if kind < 0.6:
        ground = np.full((side, side, 3), scenes.WHITE, np.uint8)
    else:
        ground = _background(side, rng, grocery)
    return augment.compress(augment.develop(scenes.paste(fruit, ground, rng), rng), rng)


def _shop_view(photo: Photo, rng: Generator, _grocery: list[Photo]) -> bytes:
    pixels = augment.turn(_pixels(photo), rng, degrees=8)
    if rng.random() < 0.75:
        pixels = augment.crop(pixels, rng, area=(0.15, 1.0))
    pixels = augment.scale(pixels, int(rng.integers(*SIDES)))
    return augment.compress(augment.develop(pixels, rng), rng)


def _orchard_view(photo: Photo, rng: Generator, grocery: list[Photo]) -> bytes:
    return photo.read() if rng.random() < 0.3 else _shop_view(photo, rng, grocery)


def _background(side: int, rng: Generator, grocery: list[Photo]) -> Pixels:
    kind = rng.random()
    if kind < 0.25:
        return scenes.plain(side, rng)
    if kind < 0.5:
        return scenes.cloudy(side, rng)
    shelf = _pixels(grocery[int(rng.integers(len(grocery)))])
    return augment.scale(augment.crop(shelf, rng, area=(0.03, 0.6)), side)


def _draw_block(folder: Path, block: list[View], *, grocery: list[Photo], seed: int) -> int:
    finished = folder / block[0].path.partition("/")[0]
    if not finished.is_dir():
        unfinished = finished.with_suffix(".part")
        unfinished.mkdir(parents=True, exist_ok=True)
        for view in block:
            content = draw_view(view, grocery=grocery, seed=seed)
            (unfinished / Path(view.path).name).write_bytes(content)
        unfinished.rename(finished)
    return len(block)


@lru_cache(maxsize=2048)
def _pixels(photo: Photo) -> Pixels:
    with Image.open(io.BytesIO(photo.read())) as image:
        return np.asarray(image.convert("RGB"))
