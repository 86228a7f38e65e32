"""The same fruit, the same pose, another ground: what the white paper does for the features."""

import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.critique.frames import Vectors, read_table
from benchmarks.limits import spread
from benchmarks.networks import SHARED, nearest
from fruits.backends import Embed
from fruits.backends.choose import load_backend
from fruits.images.formats import is_image_path
from fruits.images.prepare import Prepared, fit_pixels, prepare
from fruits.models import load_model
from training.scenes import cloudy, outline

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels, np.random.Generator], Pixels]

QUERIES = 1500
GREY, WHITE = 128, 255
THREADS = 2


def measure(output: str) -> dict[str, Any]:
    """Recognise Test photos among Training after each change; `white` is the cut-out alone."""
    vectors, columns = read_table(output, ["split", "label"])
    training = np.array([split == "training" for split in columns["split"]])
    labels = np.array(columns["label"])
    photos, names = read_queries()
    changes: dict[str, Change] = {
        "none": _same,
        "white": on_white,
        "grey": on_grey,
        "cloud": on_cloud,
    }
    changes |= {"shelf": on_shelves(), "squashed": squash}
    embed, found = open_engine(), {}
    for name, change in changes.items():
        changed = embed_all(embed, photos, change)
        good = nearest(vectors[training], labels[training], changed) == names
        found[name] = float(good.mean())
    loss = found["none"] - found["squashed"]
    return {"queries": len(photos), "right": found, "squash_loss": loss}


def read_queries() -> tuple[list[Pixels], NDArray[np.str_]]:
    """Read Test photos, spread over the classes, as uint8[100, 100, 3], and their labels."""
    with zipfile.ZipFile(SHARED / "fruits-360.zip") as file:
        names = sorted(n for n in file.namelist() if "/Test/" in n and is_image_path(n))
        chosen = spread(names, QUERIES)
        photos = [decoded(file.read(name), side=100) for name in chosen]
    return photos, np.array([name.split("/")[-2] for name in chosen])


def decoded(content: bytes, *, side: int) -> Pixels:
    """Decode a photo that is known to be sound, to uint8[side, side, 3]."""
    found = prepare(content, size=(side, side))
    assert isinstance(found, Prepared)
    return found.pixels


def open_engine() -> list[Embed]:
    """Open the network once per thread."""
    model = load_model("mobilenet_v2", weights=None, fit="squash", precision="f32", backend="onnx")
    return [load_backend("onnx", model.payload, threads=1) for _ in range(THREADS)]


def embed_all(engines: list[Embed], photos: list[Pixels], change: Change) -> Vectors:
    """Change every photo, each with numbers of its own, and return float32[n, 1280]."""

    def embed(part: int) -> Vectors:
        mine = range(part, len(photos), THREADS)
        changed = [change(photos[at], np.random.default_rng(at)) for at in mine]
        ready = (fit_pixels(pixels, (224, 224), "squash") for pixels in changed)
        return np.concatenate([engines[part](pixels[None]) for pixels in ready])

    vectors = np.empty((len(photos), 1280), np.float32)
    with ThreadPoolExecutor(THREADS) as pool:
        for part, computed in enumerate(pool.map(embed, range(THREADS))):
            vectors[part::THREADS] = computed
    return vectors


def _same(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return pixels


def on_ground(pixels: Pixels, ground: Pixels) -> Pixels:
    """Cut the fruit out and put it on another ground of its size, where it was."""
    mask = outline(pixels)[..., None]
    return np.asarray(np.rint(pixels * mask + ground * (1 - mask)).astype(np.uint8))


def on_white(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """Put the fruit back on pure white: what cutting it out does by itself."""
    return on_ground(pixels, np.full_like(pixels, WHITE))


def on_grey(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """Put the fruit on plain grey."""
    return on_ground(pixels, np.full_like(pixels, GREY))


def on_cloud(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Put the fruit on coloured noise."""
    return on_ground(pixels, cloudy(len(pixels), rng))


def on_shelves() -> Change:
    """Put fruits on fragments of shop photos, which show other fruit, shelves and labels."""
    with zipfile.ZipFile(SHARED / "grocery-fruit.zip") as file:
        names = spread(sorted(filter(is_image_path, file.namelist())), 100)
        shelves = [decoded(file.read(name), side=300) for name in names]

    def on_shelf(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        shelf, side = shelves[rng.integers(len(shelves))], len(pixels)
        top, left = rng.integers(0, len(shelf) - side, 2)
        return on_ground(pixels, shelf[top : top + side, left : left + side])

    return on_shelf


def squash(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """Make it what squashing a 4:3 photo of the same fruit would give: a quarter narrower."""
    height, width = pixels.shape[:2]
    wide = Image.new("RGB", (width * 4 // 3, height), (WHITE,) * 3)
    wide.paste(Image.fromarray(pixels), ((wide.width - width) // 2, 0))
    return np.asarray(wide)
