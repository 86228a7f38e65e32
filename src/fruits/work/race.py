"""Which of the engines installed is the fastest for a network, on the workers' own processors."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fruits.backends.choose import load_backend
from fruits.backends.seam import Embed, Payload
from fruits.errors import ModelError
from fruits.work.task import Shared

LONGEST: Final = 0.6
"""Seconds after which no further round starts: a hundred images of MobileNetV2 on two engines."""

ROUNDS: Final = range(3, 24)
"""The fewest and the most times that each engine takes its turn."""


@dataclass(frozen=True)
class Race:
    """A task: let the backends `names` embed an image in turns, and return what each one takes.

    The item does not matter: one per slot lets all cores work at once, as they will in the run.
    """

    payload: Shared[Payload]
    names: tuple[str, ...]

    def __call__(self, item: bytes) -> bytes:
        """Return JSON: median seconds per image by backend, without those that cannot run."""
        payload = self.payload.get()
        engines = {name: engine for name in self.names if (engine := _open(name, payload))}
        height, width = payload.input_size
        noise = np.random.default_rng(361).integers(0, 256, (1, height, width, 3), np.uint8)
        return json.dumps(in_turns(engines, noise)).encode()


def _open(name: str, payload: Payload) -> Embed | None:
    try:
        return load_backend(name, payload)
    except ModelError:  # it will not be chosen, and whoever asks for it by name hears why
        return None


def in_turns(engines: Mapping[str, Embed], image: NDArray[np.uint8]) -> dict[str, float]:
    """Time the engines turn by turn, so that a machine that is slow for a moment is so for all."""
    spent: dict[str, list[float]] = {name: [] for name in engines}
    for engine in engines.values():
        engine(image)
    start = time.perf_counter()
    for turn in range(ROUNDS.stop):
        if turn >= ROUNDS.start and time.perf_counter() - start > LONGEST:
            break
        for name, engine in engines.items():
            began = time.perf_counter()
            engine(image)
            spent[name].append(time.perf_counter() - began)
    return {name: median(seconds) for name, seconds in spent.items()}


def mean_seconds(results: Sequence[bytes]) -> dict[str, float]:
    """Average what the workers found, over the backends that ran on each of them."""
    found: list[dict[str, float]] = [json.loads(result) for result in results]
    everywhere = set.intersection(*(set(times) for times in found))
    names = [name for name in found[0] if name in everywhere]
    return {name: sum(times[name] for times in found) / len(found) for name in names}
