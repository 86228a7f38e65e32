"""What `fruits cloud estimate` reckons, and the brakes that the code has → facts."""

from typing import Any, Final

from fruits.cloud.estimate import Estimate, Workload, estimate
from fruits.cloud.gate import BUDGET_EUROS
from fruits.cloud.prices import Prices, read_prices
from fruits.cloud.size import Size
from fruits.cloud.tariffs import CAPACITY_GB, CAPACITY_VCPUS, IDLE_MINUTES, Plan
from fruits.storage.regions import EU_REGIONS

TARGETS: Final = ("ec2", "emr-serverless", "emr")
VOLUMES: Final = (100_000, 1_000_000)
SIZE: Final = Size(executors=3, cores=4)
"""What `fruits cloud estimate` reckons with unless told otherwise."""


def price_facts(images: int) -> dict[str, Any]:
    """Return the estimates for so many images, and for the volumes to come. AWS is not asked."""
    prices, volumes = read_prices(), (images, *VOLUMES)
    found = {target: [_estimate(target, n, prices) for n in volumes] for target in TARGETS}
    every = [each for row in found.values() for each in row]
    plan = Plan(target="emr-serverless", size=SIZE)
    return _brakes(plan) | {
        "cloud.dated": prices.dated,
        "cloud.slots": plan.slots(prices),
        "cloud.server.slots": found["ec2"][0].slots,
        "cloud.volumes": list(volumes),
        "cloud.dearest": max(each.total for each in every),
        "cloud.ceiling": max(each.ceiling for each in every),
        "cloud.volume.last": volumes[-1],
        "cloud.million.minutes": found["emr-serverless"][-1].seconds / 60,
        "cloud.million.minutes.server": found["ec2"][-1].seconds / 60,
        "cloud.serverless.now": found["emr-serverless"][0].total,
        "cloud.emr.now": found["emr"][0].total,
        **{f"cloud.euros.{target}": [each.total for each in row] for target, row in found.items()},
    }


def _estimate(target: str, images: int, prices: Prices) -> Estimate:
    return estimate(Workload(images=images), Plan(target=target, size=SIZE), prices)


def _brakes(plan: Plan) -> dict[str, Any]:
    return {
        "cloud.region": plan.region,
        "cloud.regions": list(EU_REGIONS),
        "cloud.regions.count": len(EU_REGIONS),
        "cloud.budget": BUDGET_EUROS,
        "cloud.timeout": int(plan.timeout_minutes),
        "cloud.idle": int(IDLE_MINUTES),
        "cloud.capacity.vcpus": CAPACITY_VCPUS,
        "cloud.capacity.gb": CAPACITY_GB,
    }
