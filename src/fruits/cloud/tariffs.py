"""How a plan's machines are charged: seconds → dollars, expected and at the most."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from fruits.cloud.prices import Prices
from fruits.cloud.size import DRIVER_MB, Size
from fruits.errors import ConfigError

IDLE_MINUTES: Final = 15.0
"""How long a cluster of EMR on EC2 may idle before it ends itself."""

EBS_GB: Final = 64
HOURS_A_MONTH: Final = 730.0

DRIVER_VCPUS: Final = 2
LEAST_GB_A_VCPU: Final = 2
"""EMR Serverless gives no worker less memory than that."""

CAPACITY_VCPUS: Final = 16
CAPACITY_GB: Final = 64
"""What an application of EMR Serverless may hold at once, unless deployed otherwise."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Where and on what: the target, the region, the executors, and the time after which it ends.

    `instance` counts for EMR on EC2, `architecture` for EMR Serverless.
    """

    target: str
    region: str = "eu-west-3"
    size: Size = field(default_factory=Size)
    instance: str = "m5.xlarge"
    architecture: str = "x86_64"
    timeout_minutes: float = 60.0


@dataclass(frozen=True)
class Tariff:
    """Dollars for so many seconds of the plan; `most` are those of its timeout, at full capacity.

    `start` are the seconds until the first unit, assumed: machines come, fetch the archive and
    load the network. `section` is where in the table the prices are.
    """

    section: str
    start: float
    dollars: Callable[[float], float]
    most: float
    remark: str | None


def tariff_of(plan: Plan, prices: Prices) -> Tariff:
    """Return the tariff of a plan; ConfigError for an unknown target, region or instance."""
    if plan.target not in TARIFFS:
        raise ConfigError(f"no price is known for {plan.target}: take {', '.join(TARIFFS)}")
    return TARIFFS[plan.target](plan, prices)


def _serverless(plan: Plan, prices: Prices) -> Tariff:
    """Seconds of vCPU and memory of the driver and each executor; 20 GB of disk are free."""
    rates, remark = prices.serverless(plan.region)
    table, size = prices.table["serverless"], plan.size
    share = float(table["arm_share"]) if plan.architecture == "aarch64" else 1.0
    vcpus = DRIVER_VCPUS + size.executors * size.cores
    memory = _worker_gb(DRIVER_VCPUS, DRIVER_MB)
    memory += size.executors * _worker_gb(size.cores, size.executor_mb)
    if vcpus > CAPACITY_VCPUS or memory > CAPACITY_GB:
        raise ConfigError(
            f"{vcpus} vCPUs and {memory} GB are more than an application may hold "
            f"({CAPACITY_VCPUS} and {CAPACITY_GB}): fewer --executors or --cores"
        )

    def dollars(seconds: float, vcpus: int = vcpus, memory: int = memory) -> float:
        hours = max(seconds, float(table["least_seconds"])) / 3600
        return hours * share * (vcpus * rates["vcpu_hour"] + memory * rates["gb_hour"])

    most = dollars(plan.timeout_minutes * 60, CAPACITY_VCPUS, CAPACITY_GB)
    return Tariff("serverless", 120.0, dollars, most, remark)


def _worker_gb(vcpus: int, memory_mb: int) -> int:
    return max(LEAST_GB_A_VCPU * vcpus, math.ceil(memory_mb / 1024))


def _emr(plan: Plan, prices: Prices) -> Tariff:
    """Nodes and their disks by the second, and the minutes for which a cluster may idle."""
    hour, remark = prices.instance_hour(plan.instance, plan.region)
    nodes = nodes_of(plan, vcpus=int(prices.instance(plan.instance)["vcpus"]))
    disk = EBS_GB * float(prices.table["storage"]["ebs_gb_month"]) / HOURS_A_MONTH

    def dollars(seconds: float) -> float:
        return nodes * (hour + disk) * (seconds + IDLE_MINUTES * 60) / 3600

    start = 600.0
    most = dollars(start + plan.timeout_minutes * 60)
    return Tariff("ec2", start, dollars, most, remark)


def nodes_of(plan: Plan, *, vcpus: int) -> int:
    """Count the nodes: a primary one, and workers that keep a vCPU for system and driver."""
    slots = plan.size.executors * plan.size.cores
    return 1 + math.ceil(slots / max(vcpus - 1, 1))


TARIFFS: Final[dict[str, Callable[[Plan, Prices], Tariff]]] = {
    "emr-serverless": _serverless,
    "emr": _emr,
}
"""The targets that cost money, and how."""
