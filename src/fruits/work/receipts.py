"""A unit's receipt: what it made and how long it took; written last, so it proves the unit."""

import json
import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from fruits.storage.output import Output
from fruits.storage.parts import Part
from fruits.work.log import tell

FOLDER = "_fruits/receipts"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a unit is done: the parts it wrote and the figures of the worker that wrote them.

    `started` and `ended` are seconds since the epoch; `seconds` are the worker's own, per step;
    `peak_rss_mb` is the worker process's peak so far; `model_loads` counts how often that process
    had loaded a network for this run: 0 where a borrowed process held it already.
    """

    run_id: str
    unit: str
    model: str
    backend: str
    featurised: int
    rejected: int
    features: Part | None
    rejects: Part | None
    replaces: bool = False
    worker: str = ""
    started: float = 0.0
    ended: float = 0.0
    model_loads: int = 0
    peak_rss_mb: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)
    decoders: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)

    def pack(self) -> bytes:
        """Write the receipt as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> "Receipt":
        """Read a receipt from JSON."""
        values: dict[str, Any] = json.loads(packed)
        for key in ("features", "rejects"):
            values[key] = Part(**values[key]) if values[key] else None
        return cls(**values)


def prove(output: Output, run_id: str, unit: str, work: Callable[[], Receipt]) -> bytes:
    """Return a unit's packed receipt: the one an earlier attempt wrote, else that of `work`."""
    name = receipt_name(run_id, unit)
    if done := output.read(name):
        tell(run_id, f"unit {unit}: done by an earlier attempt")
        return done
    receipt = work()
    packed = receipt.pack()
    output.write(name, packed)
    tell(run_id, f"unit {unit}: {receipt.featurised} images done, {receipt.rejected} rejected")
    return packed


def part_name(run_id: str, unit: str) -> str:
    """Name a unit's parts: two attempts of one unit must never write to the same file."""
    return f"{run_id}-{unit}-{uuid.uuid4().hex[:8]}"


def receipt_name(run_id: str, unit: str) -> str:
    """Name the receipt's file under the output."""
    return f"{FOLDER}/{run_id}/{unit}.json"


def read_receipts(output: Output, run_id: str, *, seen: set[str]) -> Iterator[Receipt]:
    """Yield the receipts of `run_id` whose units are not in `seen`, in the order of their units."""
    folder = f"{FOLDER}/{run_id}"
    for name in output.names(folder):
        unit = name.removesuffix(".json")
        if name.endswith(".json") and unit not in seen:
            content = output.read(f"{folder}/{name}")
            if content:
                yield Receipt.unpack(content)


def left_by_dead_runs(output: Output) -> list[str]:
    """List the runs whose receipts still lie here: they ended before their last commit."""
    return output.names(FOLDER)


def discard_receipts(output: Output, run_id: str, *, units: Collection[str]) -> None:
    """Remove a run's receipts of these units, once they are committed.

    Others may arrive at this moment, from workers that outlive a run that failed or died: they
    stay, for the next run to adopt. What killed workers left half written goes.
    """
    folder = f"{FOLDER}/{run_id}"
    for name in [*(f"{unit}.json" for unit in units), *output.unfinished(folder)]:
        output.remove(f"{folder}/{name}")
    output.remove_folder(folder)
