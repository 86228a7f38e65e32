"""The photos that views are made from: two archives and an orchard drawn by code."""

import zipfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from fruits.images.formats import is_image_path
from fruits.images.labels import label_of, split_of
from fruits.images.orchard import draw_fruit
from fruits.images.species import SPECIES
from training.held_out import held_out
from training.settings import Views

FRUITS_360, GROCERY, ORCHARD = "fruits-360", "grocery", "orchard"
ORCHARD_SIDE = 160


@dataclass(frozen=True)
class Photo:
    """A photo in an archive; `source` is one of the three names above."""

    source: str
    archive: Path
    path: str
    label: str

    def read(self) -> bytes:
        """Return the file's bytes."""
        return _opened(self.archive).read(self.path)


def list_photos(fruits_360: Path, grocery: Path, orchard: Path) -> dict[str, list[Photo]]:
    """List what may be trained on: Training of Fruits-360, four fifths of grocery, the orchard."""
    shop = _names(grocery)
    found = {
        FRUITS_360: (fruits_360, [p for p in _names(fruits_360) if split_of(p) == "training"]),
        GROCERY: (grocery, sorted(set(shop) - held_out(shop))),
        ORCHARD: (orchard, _names(orchard)),
    }
    for source, (archive, paths) in found.items():
        if not paths:
            raise ValueError(f"{archive} holds no photo of {source} to train on: give another")
    return {
        source: [Photo(source, archive, path, label_of(path)) for path in paths]
        for source, (archive, paths) in found.items()
    }


def draw_orchard_archive(archive: Path, views: Views, pool: ProcessPoolExecutor) -> Path:
    """Draw the orchard's pictures into a zip, unless it is there; its path."""
    if archive.is_file():
        return archive
    numbers = [(name, n) for name in SPECIES for n in range(1, views.orchard_photos + 1)]
    pictures = pool.map(partial(_draw, seed=views.orchard_seed), numbers, chunksize=16)
    unfinished = archive.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w") as file:
        for (name, number), content in zip(numbers, pictures, strict=True):
            file.writestr(f"{name}/{number:04d}.jpg", content)
    unfinished.rename(archive)
    return archive


def _draw(picture: tuple[str, int], *, seed: int) -> bytes:
    species, number = picture
    return draw_fruit(species, number, size=ORCHARD_SIDE, seed=seed)


def _names(archive: Path) -> list[str]:
    return sorted(filter(is_image_path, _opened(archive).namelist()))


@cache
def _opened(archive: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(archive)
