"""The facts of one run, as `report.json` keeps them (design, section 4)."""

import json
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from fruits.work.receipts import Receipt


@dataclass(frozen=True)
class ImageCounts:
    """This run's images: listed = skipped + featurised + rejected.

    `vanished` images have rows and are not in the input any more; `pruned` counts the rows dropped.
    """

    listed: int = 0
    skipped: int = 0
    featurised: int = 0
    rejected: int = 0
    vanished: int = 0
    pruned: int = 0

    @property
    def rejected_share(self) -> float:
        """The share of this run's work that was rejected, from 0 to 1."""
        tried = self.featurised + self.rejected
        return self.rejected / tried if tried else 0.0


@dataclass(frozen=True)
class ModelFacts:
    """The network at work; `fingerprint` is the sha256 over graph, fit and precision."""

    name: str
    fingerprint: str
    dim: int
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PcaFacts:
    """The fitted PCA: how many components, what each explains, and what 80/90/95 % would need."""

    components: int
    explained_variance_ratio: Sequence[float]
    cumulative: Sequence[float]
    needed: Mapping[str, int | None]
    n_samples: int


@dataclass(frozen=True)
class Throughput:
    """Images per second of the features stage, of the bare engine, and their quotient.

    The engine's own rate is slots ÷ the mean time that a worker spent inside the network for one
    image, measured in this run with all slots busy.
    """

    images_per_second: float | None = None
    engine_images_per_second: float | None = None
    efficiency: float | None = None


@dataclass(frozen=True)
class RunReport:
    """Everything that a run has to say of itself; `to_json` is the content of `report.json`.

    `residency` tells, of "input" and "output", where they lie, and whether that was checked; `cost`
    what a cluster's machines came to, once somebody has asked for their bill. `versions` are those
    of Python and of the libraries that numbers depend on.
    """

    fruits_version: str
    run_id: str
    started: str
    input: str
    output: str
    split: str | None
    model: ModelFacts
    backend: str
    precision: str
    fit: str
    images: ImageCounts
    reasons: Mapping[str, int]
    decoders: Mapping[str, int]
    pca: PcaFacts | None
    matrix_rows: int | None
    seconds: Mapping[str, float]
    worker_seconds: Mapping[str, float]
    throughput: Throughput
    runner: str
    runner_reason: str
    slots: int
    workers: Mapping[str, int]
    spark: Mapping[str, Any] | None
    peak_worker_rss_mb: float
    files: Mapping[str, str]
    residency: Mapping[str, str] = field(default_factory=dict)
    cost: Mapping[str, Any] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """Write the report as indented JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "RunReport":
        """Read what `to_json` wrote."""
        facts: dict[str, Any] = json.loads(content)
        for key, kind in _NESTED.items():
            facts[key] = None if facts[key] is None else kind(**facts[key])
        return cls(**facts)


_NESTED: Final[Mapping[str, type]] = {
    "model": ModelFacts,
    "images": ImageCounts,
    "pca": PcaFacts,
    "throughput": Throughput,
}


LIBRARIES: Final = (
    "numpy", "pillow", "simplejpeg", "onnxruntime", "openvino", "pyarrow", "deltalake", "pyspark",
)  # fmt: skip


def versions_here() -> dict[str, str]:
    """Return the versions of Python and of the installed libraries that numbers depend on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def throughput_of(receipts: Sequence[Receipt], *, seconds: float, slots: int) -> Throughput:
    """Compare the features stage of `seconds` with the time its workers spent in the network.

    Of the slots that a cluster was asked for, those count that a worker has filled.
    """
    slots = min(slots, len({receipt.worker for receipt in receipts}))
    featurised = sum(receipt.featurised for receipt in receipts)
    inside = sum(receipt.seconds.get("embed", 0.0) for receipt in receipts)
    if not featurised or not seconds or not inside:
        return Throughput()
    rate, engine = featurised / seconds, slots * featurised / inside
    return Throughput(round(rate, 1), round(engine, 1), round(rate / engine, 4))


def summed(receipts: Sequence[Receipt], key: str) -> dict[str, float]:
    """Add up a per-key figure ("seconds", "decoders") over the receipts."""
    total: Counter[str] = Counter()
    for receipt in receipts:
        total.update(getattr(receipt, key))
    return {name: round(value, 3) for name, value in sorted(total.items())}


def model_loads(receipts: Sequence[Receipt]) -> dict[str, int]:
    """Tell, for each worker process, how often it loaded the network in this run (once at most)."""
    loads: dict[str, int] = {}
    for receipt in receipts:
        loads[receipt.worker] = max(loads.get(receipt.worker, 0), receipt.model_loads)
    return loads
