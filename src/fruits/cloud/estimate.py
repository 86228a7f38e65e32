"""What a run would cost on AWS: expected, and at the most, before anything is launched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fruits.cloud.prices import Prices
from fruits.cloud.tariffs import Plan, tariff_of
from fruits.errors import ConfigError

IMAGES_PER_SECOND: Final = {"mobilenet_v2": 118.0, "fruitnet": 1050.0}
"""Of one vCPU, small photos: the slowest measured on two vCPUs of a virtual Xeon. mobilenet_v2 on
Spark with ONNX Runtime, 26,837 photos (docs/benchmarks.md); fruitnet in local processes (README).
"""

PER_IMAGE_SECONDS: Final = 1.3e-4
"""Listing, PCA and matrix, which gain little from more slots: 3.4 s for 26,837 photos, measured."""

IMAGES_A_WRITE: Final = 100.0
"""Images for each request that writes: the parts and receipts of units, commits, the matrix."""

FEATURE_BYTES: Final = 1280 * 4


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What is to be done; `image_bytes` are a photo's, `images_per_second` one vCPU's."""

    images: int
    image_bytes: int = 5_000
    model: str = "mobilenet_v2"
    images_per_second: float | None = None

    @property
    def rate(self) -> float:
        """Images per second of one vCPU; ConfigError where nobody has measured it."""
        found = self.images_per_second or IMAGES_PER_SECOND.get(self.model, 0.0)
        if found <= 0:
            raise ConfigError(
                f"how fast {self.model} is on one vCPU is unknown: give --images-per-second "
                "(throughput.images_per_second ÷ slots, of a report.json)"
            )
        return found

    def seconds(self, slots: int) -> float:
        """Return how long the run takes on so many slots, machines not counted."""
        return self.images / (self.rate * slots) + self.images * PER_IMAGE_SECONDS


@dataclass(frozen=True)
class Estimate:
    """Seconds, and euros before tax by what they are for; `ceiling` is what the brakes allow."""

    target: str
    region: str
    images: int
    slots: int
    seconds: float
    expected: Mapping[str, float]
    ceiling: float
    dated: str
    remarks: tuple[str, ...]
    confidence: Mapping[str, str]

    @property
    def total(self) -> float:
        """The euros expected in all."""
        return sum(self.expected.values())


def estimate(work: Workload, plan: Plan, prices: Prices) -> Estimate:
    """Estimate a run's cost in euros.

    Raises ConfigError for a region outside of the EU, a target or an instance without a price, or
    a network whose speed is unknown.
    """
    if work.images < 0:
        raise ConfigError(f"images = {work.images}: give 0 or more")
    tariff, euros = tariff_of(plan, prices), prices.eur_per_usd
    slots = plan.slots(prices)
    seconds, limit = tariff.start + work.seconds(slots), plan.timeout_minutes * 60
    storage = storage_dollars(work, prices)
    remarks = [tariff.remark] if tariff.remark else []
    if seconds > limit:
        remarks.append(
            f"it takes {seconds / 60:,.0f} min and would be stopped after {limit / 60:,.0f}: give "
            "more executors or a longer --timeout; a new run goes on where it was stopped"
        )
    return Estimate(
        target=plan.target,
        region=plan.region,
        images=work.images,
        slots=slots,
        seconds=seconds,
        expected={"compute": tariff.dollars(seconds) * euros, "storage": storage * euros},
        ceiling=(tariff.most + storage) * euros,
        dated=prices.dated,
        remarks=tuple(remarks),
        confidence=prices.confidences(tariff.section, "storage"),
    )


def storage_dollars(work: Workload, prices: Prices) -> float:
    """Return the dollars of S3: the requests, and a month of the photos and their features."""
    storage = prices.table["storage"]
    gets = work.images / 1000 * float(storage["get_per_1000"])
    puts = work.images / IMAGES_A_WRITE / 1000 * float(storage["put_per_1000"])
    kept_gb = work.images * (work.image_bytes + FEATURE_BYTES) / 1e9
    return gets + puts + kept_gb * float(storage["s3_gb_month"])
