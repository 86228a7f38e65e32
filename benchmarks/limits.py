"""What could move the engine's own limit, for MobileNetV2: libraries, arithmetic, smaller images.

    python -m benchmarks.limits [--rounds 15] [--photos 500]

Each variant takes short turns on one thread; its ratio to ONNX Runtime in float32 at 224 pixels is the
median over the rounds. The cosines compare its vectors with that one's on `--photos` queries of both
archives; recognition is 1-nearest-neighbour, as in `networks.py`, on Fruits-360 among a seeded, evenly
spread subset. int8 needs `make peers`. About 5 minutes on 2 cores.
"""

import argparse
import random
import statistics
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import keep
from benchmarks.machine import describe_machine
from benchmarks.networks import HERE, SHARED, Vectors, nearest
from fruits.backends import Embed, Payload, Precision, load_backend
from fruits.backends.onnx import open_session
from fruits.images.formats import is_image_path
from fruits.images.prepare import Prepared, prepare
from fruits.models import load_model
from training.held_out import held_out

QUANTISER = HERE.parent / ".venv-int8" / "bin" / "python"
SEED, SIDE, DIM = 0, 224, 1280
KNOWN, QUERIES, CALIBRATION = 3000, 1000, 200
AT_ONCE, TURN_SECONDS = 48, 0.3


@dataclass(frozen=True)
class Variant:
    """One way to compute the vectors; `kept` convolutions of an int8 network stay in float32."""

    backend: str
    arithmetic: str = "f32"
    side: int = SIDE
    batch: int = 1
    kept: int = 0

    @property
    def name(self) -> str:
        """How the table calls it."""
        kept = f" but the first {self.kept}" if self.kept else ""
        batch = f", {self.batch} at a time" if self.batch > 1 else ""
        return f"{self.backend}, {self.arithmetic}{kept}, {self.side} px{batch}"


@dataclass(frozen=True)
class Photos:
    """Files of one archive with their labels: the first `known` to compare the others with."""

    contents: list[bytes]
    labels: NDArray[np.str_]
    known: int


BASELINE = Variant("onnx")
VARIANTS = (
    BASELINE,
    Variant("onnx", batch=8),
    Variant("openvino"),
    Variant("openvino", "bf16"),
    *(Variant(name, "int8", kept=kept) for kept in (0, 2) for name in ("onnx", "openvino")),
    *(Variant(name, side=side) for side in (160, 128) for name in ("onnx", "openvino")),
    Variant("openvino", "int8", side=160, kept=2),
)


def main() -> None:
    """Measure, print the table, keep the figures."""
    options = parse()
    fruits, calibration = read_fruits(options.fruits_360)
    archives = {"fruits-360": fruits, "grocery": read_grocery(options.grocery)}
    networks = open_networks(options.weights, calibration)
    rates = take_turns(networks, fruits.contents[-AT_ONCE:], options.rounds)
    vectors = {name: embed_all(networks, photos) for name, photos in archives.items()}
    facts = {
        "machine": describe_machine(),
        "options": {key: str(value) for key, value in vars(options).items()},
        "sizes": {name: (it.known, len(it.labels) - it.known) for name, it in archives.items()},
        "variants": {
            variant.name: speed(rates[variant], rates[BASELINE])
            | cosines(variant, vectors, archives, options.photos)
            | {name: accuracy(vectors[name][variant], it) for name, it in archives.items()}
            for variant in networks
        },
    }
    print(table(facts))
    keep("limits", facts)


def read_fruits(archive: Path) -> tuple[Photos, list[bytes]]:
    """Read what to compare with and the queries, and Training photos for the calibration alone."""
    draw = random.Random(SEED)
    with zipfile.ZipFile(archive) as file:
        names = sorted(filter(is_image_path, file.namelist()))
        training = [name for name in names if "/Training/" in name]
        known = spread(training, KNOWN, draw)
        queries = spread([name for name in names if "/Test/" in name], QUERIES, draw)
        others = spread(sorted({*training} - {*known}), CALIBRATION, draw)
        return read(file, known, queries), [file.read(name) for name in others]


def read_grocery(archive: Path) -> Photos:
    """Read the shop photos: the queries are those that no training of fruits ever saw."""
    with zipfile.ZipFile(archive) as file:
        names = sorted(filter(is_image_path, file.namelist()))
        queries = held_out(names)
        return read(file, [name for name in names if name not in queries], sorted(queries))


def spread(names: Sequence[str], count: int, draw: random.Random) -> list[str]:
    """Draw one name out of each of `count` equal stretches."""
    count = min(count, len(names))
    return [names[int((index + draw.random()) * len(names) / count)] for index in range(count)]


def read(file: zipfile.ZipFile, known: list[str], queries: list[str]) -> Photos:
    """Read files, labelled by their folders."""
    names = known + queries
    labels = np.array([Path(name).parent.name for name in names])
    return Photos([file.read(name) for name in names], labels, len(known))


def open_networks(weights: str | None, calibration: list[bytes]) -> dict[Variant, Embed]:
    """Open every variant on one thread; without the environment for int8, all the others."""
    chosen = [it for it in VARIANTS if it.arithmetic != "int8" or QUANTISER.exists()]
    if len(chosen) < len(VARIANTS):
        print("int8 is left out: `make peers` makes the environment that quantises\n")
    model = load_model(
        "mobilenet_v2", weights=weights, fit="squash", precision="f32", backend="onnx"
    )
    frozen = {side: resized(model.payload.content, side) for side in {it.side for it in chosen}}
    int8 = {
        (it.side, it.kept): quantised(frozen[it.side], pixels(calibration, it.side), it.kept)
        for it in {(it.side, it.kept): it for it in chosen if it.arithmetic == "int8"}.values()
    }
    return {
        it: opened(it, int8[it.side, it.kept] if it.arithmetic == "int8" else frozen[it.side])
        for it in chosen
    }


def resized(content: bytes, side: int) -> bytes:
    """Give the network images of another side: it is convolutions and an average, nothing else."""
    import onnx

    network = onnx.load_from_string(content)
    for axis in (1, 2):
        network.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = side
    edited: bytes = network.SerializeToString()
    return edited


def quantised(content: bytes, images: NDArray[np.uint8], kept: int) -> bytes:
    """Let the environment of ONNX Runtime's quantisation calibrate and convert the network."""
    script = HERE / "peers" / "quantise.py"
    with tempfile.TemporaryDirectory(prefix="fruits-bench-") as scratch:
        source, photos, target = (Path(scratch, name) for name in ("f32.onnx", "i.npy", "int8.onnx"))
        source.write_bytes(content)
        np.save(photos, images)
        command = [QUANTISER, script, source, photos, target, "--keep", str(kept)]
        subprocess.run(command, check=True, capture_output=True)
        return target.read_bytes()


def opened(variant: Variant, content: bytes) -> Embed:
    """Open a network the way fruits does, or with ONNX Runtime for more images at a time."""
    if variant.batch == 1:
        precision: Precision = "bf16" if variant.arithmetic == "bf16" else "f32"
        payload = Payload("onnx", content, (variant.side, variant.side), DIM, precision)
        return load_backend(variant.backend, payload, threads=1)
    session = open_session(content, threads=1)
    name, step = session.get_inputs()[0].name, variant.batch

    def embed(images: NDArray[np.uint8]) -> Vectors:
        starts = range(0, len(images), step)
        return np.concatenate([session.run(None, {name: images[at : at + step]})[0] for at in starts])

    return embed


def pixels(contents: Sequence[bytes], side: int) -> NDArray[np.uint8]:
    """Decode and resize photos as a run does."""
    found = [prepare(content, size=(side, side), fit="squash") for content in contents]
    return np.stack([it.pixels for it in found if isinstance(it, Prepared)])


def take_turns(
    networks: dict[Variant, Embed], contents: list[bytes], rounds: int
) -> dict[Variant, list[float]]:
    """Let the variants take turns of a fraction of a second; images per second of each turn."""
    images = {side: pixels(contents, side) for side in {variant.side for variant in networks}}
    rates: dict[Variant, list[float]] = {variant: [] for variant in networks}
    for _ in range(rounds):
        for variant, embed in networks.items():
            rates[variant].append(turn(embed, images[variant.side], variant.batch))
    return rates


def turn(embed: Embed, images: NDArray[np.uint8], step: int) -> float:
    """Count the images per second of one turn, after one call to warm the caches."""
    embed(images[:step])
    done, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < TURN_SECONDS:
        at = done % len(images)
        embed(images[at : at + step])
        done += step
    return done / elapsed


def speed(rates: list[float], baseline: list[float]) -> dict[str, Any]:
    """Sum turns up; the ratio is the median of the ratios within a round."""
    ratios = [one / other for one, other in zip(rates, baseline, strict=True)]
    return {
        "images_per_second": statistics.median(rates),
        "ratio": statistics.median(ratios),
        "ratios": [min(ratios), max(ratios)],
    }


def embed_all(networks: dict[Variant, Embed], photos: Photos) -> dict[Variant, Vectors]:
    """Compute every variant's vectors of all photos, two variants at once."""

    def embed(variant: Variant) -> Vectors:
        starts = range(0, len(photos.contents), AT_ONCE)
        parts = (pixels(photos.contents[at : at + AT_ONCE], variant.side) for at in starts)
        return np.concatenate([networks[variant](part) for part in parts])

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(networks, pool.map(embed, networks), strict=True))


def cosines(
    variant: Variant,
    vectors: dict[str, dict[Variant, Vectors]],
    archives: dict[str, Photos],
    count: int,
) -> dict[str, float]:
    """Compare a variant's vectors with the baseline's, on queries spread over both archives."""
    pairs = [(vectors[name][variant], vectors[name][BASELINE]) for name in archives]
    known = [photos.known for photos in archives.values()]
    own, base = (
        np.concatenate([pair[which][at:] for pair, at in zip(pairs, known, strict=True)])
        for which in (0, 1)
    )
    chosen = np.unique(np.linspace(0, len(own) - 1, min(count, len(own))).astype(int))
    own, base = unit(own[chosen]), unit(base[chosen])
    found = (own * base).sum(axis=1)
    return {"cosine_least": float(found.min()), "cosine_median": float(np.median(found))}


def unit(vectors: Vectors) -> Vectors:
    """Divide each vector by its length."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
