"""What could move the engine's own limit, for MobileNetV2: libraries, arithmetic, smaller images.

    python -m benchmarks.limits [--rounds 15] [--photos 500]

The variants take short turns on one thread; a ratio to ONNX Runtime in float32 at 224 pixels is the
median over the rounds. Cosines compare with that one's vectors, on `--photos` queries of both
archives. Recognition is 1-nearest-neighbour as in `networks.py`, with a spread part of Fruits-360.
int8 is calibrated on 200 other Training photos and needs `make peers`. About 4 minutes.
"""

import argparse
import random
import statistics
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import keep
from benchmarks.machine import describe_machine
from benchmarks.networks import SHARED, Vectors, nearest
from benchmarks.variants import AT_ONCE, BASELINE, Photo, Variant, open_engines, pixels
from fruits.backends import Embed
from fruits.images.formats import is_image_path
from training.held_out import held_out

SEED, TURN_SECONDS = 0, 0.3


Rates = dict[Variant, list[float]]


def main() -> None:
    """Measure, print the table, keep the figures."""
    options = parse()
    photos = read("fruits-360", divide_fruits) + read("grocery-fruit", divide_shops)
    engines = open_engines([photo for photo in photos if photo.part == "calibration"])
    photos = [photo for photo in photos if photo.part != "calibration"]
    rates, vectors = take_turns(engines, photos, options.rounds), embed_all(engines, photos)
    asked = spread(np.flatnonzero([it.part == "query" for it in photos]), options.photos)
    rows = [judge(it, rates, vectors, asked) for it in engines]
    for row, variant in zip(rows, engines, strict=True):
        row["recognition"] = recognise(vectors[variant], photos)
    print(table(rows))
    keep("limits", {"machine": describe_machine(), **vars(options), "variants": rows})


def read(archive: str, divide: Callable[[list[str]], dict[str, list[str]]]) -> list[Photo]:
    """Read what `divide` chooses of an archive's photos, labelled by their folders."""
    with zipfile.ZipFile(SHARED / f"{archive}.zip") as file:
        parts = divide(sorted(filter(is_image_path, file.namelist())))
        return [
            Photo(archive, part, Path(name).parent.name, file.read(name))
            for part, names in parts.items()
            for name in names
        ]


def divide_fruits(names: list[str]) -> dict[str, list[str]]:
    """Choose from both splits; every 16th of Training's is for the calibration alone."""
    training = spread([name for name in names if "/Training/" in name], 3200)
    queries = spread([name for name in names if "/Test/" in name], 1000)
    known = [name for index, name in enumerate(training) if index % 16]
    return {"known": known, "query": queries, "calibration": training[::16]}


def divide_shops(names: list[str]) -> dict[str, list[str]]:
    """Take all; the queries are those that no training of fruits ever saw."""
    queries = held_out(names)
    return {"known": sorted({*names} - queries), "query": sorted(queries)}


def spread(items: Any, count: int) -> list[Any]:  # noqa: ANN401
    """Draw one item out of each of `count` equal stretches, the same ones every time."""
    draw, length = random.Random(SEED), len(items) / (count := min(count, len(items)))
    return [items[int((index + draw.random()) * length)] for index in range(count)]


def take_turns(engines: dict[Variant, Embed], photos: list[Photo], rounds: int) -> Rates:
    """Let the variants take turns on the same photos; images per second of each turn."""
    held = spread(photos, 6 * AT_ONCE)
    images = {side: pixels(held, side) for side in {variant.side for variant in engines}}
    rates: Rates = {variant: [] for variant in engines}
    for _ in range(rounds):
        for variant, embed in engines.items():
            rates[variant].append(turn(embed, images[variant.side], variant.batch))
    return rates


def turn(embed: Embed, images: NDArray[np.uint8], step: int) -> float:
    """Run for a fraction of a second after one call to warm up; images per second."""
    embed(images[:step])
    done, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < TURN_SECONDS:
        at = done % len(images)
        embed(images[at : at + step])
        done += step
    return done / elapsed


def embed_all(engines: dict[Variant, Embed], photos: list[Photo]) -> dict[Variant, Vectors]:
    """Compute every variant's vectors, two variants at once."""
    groups = [photos[at : at + AT_ONCE] for at in range(0, len(photos), AT_ONCE)]

    def embed(variant: Variant) -> Vectors:
        return np.concatenate([engines[variant](pixels(it, variant.side)) for it in groups])

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(engines, pool.map(embed, engines), strict=True))


def judge(
    variant: Variant, rates: Rates, vectors: dict[Variant, Vectors], asked: list[int]
) -> dict[str, Any]:
    """Compare a variant's speed and its vectors of the photos `asked` with the baseline's."""
    pairs = zip(rates[variant], rates[BASELINE], strict=True)
    own, base = vectors[variant][asked], vectors[BASELINE][asked]
    lengths = np.linalg.norm(own, axis=1) * np.linalg.norm(base, axis=1)
    cosines = (own * base).sum(axis=1) / lengths
    return variant._asdict() | {
        "rates": rates[variant],
        "ratio": statistics.median(one / other for one, other in pairs),
        "cosines": {"least": float(cosines.min()), "median": float(np.median(cosines))},
    }


def recognise(vectors: Vectors, photos: list[Photo]) -> dict[str, dict[str, Any]]:
    """Count, per archive, the queries whose nearest neighbour has their label."""
    archives, parts, labels = np.array([photo[:3] for photo in photos]).T
    found = {}
    for archive in dict.fromkeys(archives.tolist()):
        known, queries = ((archives == archive) & (parts == part) for part in ("known", "query"))
        right = nearest(vectors[known], labels[known], vectors[queries]) == labels[queries]
        found[archive] = {
            "known": int(known.sum()),
            "queries": len(right),
            "right": float(right.mean()),
        }
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the figures out as Markdown."""
    tests = rows[0]["recognition"].items()
    sizes = [f"{name}, {it['queries']:,} among {it['known']:,}" for name, it in tests]
    heads = ["cosine, least", "median", *sizes]
    lines = [f"| | images/s | ratio | {' | '.join(heads)} |", "|---" * (3 + len(heads)) + "|"]
    for row in rows:
        name = f"{row['backend']}, {row['arithmetic']}, {row['side']} px, batch {row['batch']}"
        figures = [f"{statistics.median(row['rates']):.0f}", f"{row['ratio']:.2f}×"]
        figures += [f"{row['cosines'][key]:.4f}" for key in ("least", "median")]
        figures += [f"{it['right']:.1%}" for it in row["recognition"].values()]
        lines.append(f"| {' | '.join([name, *figures])} |")
    return "\n".join(lines)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="turns of each variant")
    parser.add_argument("--photos", type=int, default=500, help="queries whose vectors to compare")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
