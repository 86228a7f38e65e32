"""The bare engine loop: how many ready images per second this machine's network can take.

Nothing but inference is timed: each process holds decoded, resized images and one network on
one thread; all start together. A run's efficiency is measured against this rate.

    python benchmarks/engine_loop.py [--input DIR] [--weights FILE] [--slots 2] [--seconds 10]
"""

import argparse
import json
import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fruits.backends import Payload, load_backend, resolve_backend
from fruits.errors import InputError
from fruits.models import load_model

SUFFIXES = (".jpg", ".jpeg", ".png")
WARM_UP_SECONDS = 2.0
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True)
class Loop:
    """What one process runs: `batch` images at a time, again and again, for `seconds`."""

    backend: str
    payload: Payload
    batch: int
    seconds: float


def measure(loop: Loop, images: NDArray[np.uint8], *, slots: int) -> dict[str, Any]:
    """Run the loop in `slots` processes at once; images per second, together and apart.

    `images` is uint8[n, height, width, 3]; every process gets them all.
    """
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(slots)
    pipes = [context.Pipe(duplex=False) for _ in range(slots)]
    processes = [
        context.Process(target=_spin, args=(loop, images, start, writer)) for _, writer in pipes
    ]
    for process, (_, writer) in zip(processes, pipes, strict=True):
        process.start()
        writer.close()  # so that a process that dies ends the wait with EOFError
    rates: list[float] = [reader.recv() for reader, _ in pipes]
    for process in processes:
        process.join()
    return {
        "images_per_second": round(sum(rates), 2),
        "per_process": [round(rate, 2) for rate in rates],
        "slots": slots,
        "threads": 1,
        "batch": loop.batch,
        "seconds": loop.seconds,
        "backend": loop.backend,
        "precision": loop.payload.precision,
    }


def _spin(loop: Loop, images: NDArray[np.uint8], start: Barrier, writer: Connection) -> None:
    embed = load_backend(loop.backend, loop.payload, threads=1)
    full = len(images) // loop.batch
    batches = [images[i * loop.batch : (i + 1) * loop.batch] for i in range(full)]

    def repeat(seconds: float) -> float:
        done, position = 0, 0
        began = time.perf_counter()
        while (elapsed := time.perf_counter() - began) < seconds:
            batch = batches[position % len(batches)]
            embed(batch)
            done, position = done + len(batch), position + 1
        return done / elapsed

    repeat(WARM_UP_SECONDS)
    start.wait(PATIENCE_SECONDS)
    writer.send(repeat(loop.seconds))


def read_images(folder: str, size: tuple[int, int], count: int) -> NDArray[np.uint8]:
    """Decode `count` images spread evenly over `folder` to uint8[count, height, width, 3]."""
    files = sorted(file for file in Path(folder).rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise InputError(f"no image ({', '.join(SUFFIXES)}) in {folder}: give another --input")
    chosen = [files[i * len(files) // count] for i in range(count)]
    height, width = size
    return np.stack([_read_image(file, (width, height)) for file in chosen])


def _read_image(file: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB").resize(size))


def noise(size: tuple[int, int], count: int) -> NDArray[np.uint8]:
    """Draw `count` images of uniform noise, where there are no photos at hand."""
    shape = (count, *size, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Load the network and the images, then measure."""
    backend = resolve_backend(options.backend, options.precision)
    model = load_model(
        options.model,
        weights=options.weights,
        fit="squash",
        precision=options.precision,
        backend=backend,
    )
    size, count = model.input_size, max(options.images, options.batch)
    images = read_images(options.input, size, count) if options.input else noise(size, count)
    loop = Loop(backend, model.payload, options.batch, options.seconds)
    facts = measure(loop, images, slots=options.slots)
    return facts | {"model": model.name, "images": "photos" if options.input else "noise"}


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="The bare engine loop, timed.")
    parser.add_argument("--input", help="folder of images to decode before the clock (or noise)")
    parser.add_argument("--model", default="mobilenet_v2")
    parser.add_argument("--weights", help="weights file (default: where fruits looks)")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--precision", default="f32", choices=("f32", "bf16"))
    parser.add_argument("--slots", type=int, default=2, help="processes, one thread each")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--images", type=int, default=128, help="different images held in memory")
    parser.add_argument("--seconds", type=float, default=10.0, help="after the warm-up")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    print(json.dumps(run(parse())))
