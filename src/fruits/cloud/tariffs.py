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

EMR_START_MINUTES: Final = 10.0
"""What a cluster of EMR takes until its first step, assumed."""

EBS_GB: Final = 64
ROOT_GB: Final = 30
DISK_GB: Final = EBS_GB + ROOT_GB
"""Of each node of a cluster: for HDFS and containers, for the system, and in all."""

HOURS_A_MONTH: Final = 730.0

DRIVER_VCPUS: Final = 2

WORKERS_GB: Final = {1: (2, 8, 1), 2: (4, 16, 1), 4: (8, 30, 1), 8: (16, 60, 4), 16: (32, 120, 8)}
"""The workers that EMR Serverless has: vCPUs → least and most GB of memory, and the steps between.
https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/app-behavior.html"""

SERVER_GB: Final = 40
"""The disk of a single server: Amazon Linux, the package unpacked (1 GB), Spark's own files."""

SERVER_START_MINUTES: Final = 15.0
"""What a server may take until the run begins, as deploy/server.sh reckons."""

SERVER_STARTED_SECONDS: Final = 180.0
"""What it does take, assumed: to boot, to install Java, to fetch and unpack the package."""

ENDPOINTS: Final = 3
"""The interface endpoints of a cluster for notebooks (see aws/door.py)."""

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

    def slots(self, prices: Prices) -> int:
        """Return how many slots it has; a single server has as many as its vCPUs."""
        if self.target == "ec2":
            return int(prices.instance(self.instance)["vcpus"])
        return self.size.executors * self.size.cores


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
    memory = worker_gb(DRIVER_VCPUS, DRIVER_MB)
    memory += size.executors * worker_gb(size.cores, size.executor_mb)
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


def worker_gb(vcpus: int, memory_mb: int) -> int:
    """Return the memory of the smallest worker of EMR Serverless that has so much.

    Raises ConfigError where there is none.
    """
    if vcpus not in WORKERS_GB:
        raise ConfigError(
            f"{vcpus} cores: a worker of EMR Serverless has {', '.join(map(str, WORKERS_GB))}"
        )
    least, most, step = WORKERS_GB[vcpus]
    wanted = max(least, step * math.ceil(memory_mb / 1024 / step))
    if wanted > most:
        raise ConfigError(
            f"{memory_mb:,} MB for {vcpus} cores are more than the {most} GB that a worker of EMR "
            "Serverless may have: take fewer --cores"
        )
    return wanted


def _emr(plan: Plan, prices: Prices) -> Tariff:
    """Nodes and their disks by the second, and the minutes for which a cluster may idle."""
    hour, remark = prices.instance_hour(plan.instance, plan.region)
    slots, vcpus = plan.size.executors * plan.size.cores, prices.instance(plan.instance)["vcpus"]
    nodes = 1 + workers_of(slots, vcpus=int(vcpus))
    disk = DISK_GB * float(prices.table["storage"]["ebs_gb_month"]) / HOURS_A_MONTH

    def dollars(seconds: float) -> float:
        return nodes * (hour + disk) * (seconds + IDLE_MINUTES * 60) / 3600

    start = EMR_START_MINUTES * 60
    most = dollars(start + plan.timeout_minutes * 60)
    return Tariff("ec2", start, dollars, most, remark)


def workers_of(slots: int, *, vcpus: int) -> int:
    """Count the workers for so many slots; each keeps a vCPU for the system and the driver."""
    return math.ceil(slots / max(vcpus - 1, 1))


def _server(plan: Plan, prices: Prices) -> Tariff:
    """One server and its disk, by the second, until its own timer ends it."""
    hour, remark = prices.server_hour(plan.instance, plan.region)
    disk = SERVER_GB * float(prices.table["storage"]["ebs_gb_month"]) / HOURS_A_MONTH

    def dollars(seconds: float) -> float:
        return (hour + disk) * max(seconds, 60) / 3600

    most = dollars((SERVER_START_MINUTES + plan.timeout_minutes) * 60)
    return Tariff("ec2", SERVER_STARTED_SECONDS, dollars, most, remark)


def _notebook(plan: Plan, prices: Prices) -> Tariff:
    """A cluster until its last hour, and the endpoints through which one gets there."""
    hour, remark = prices.instance_hour(plan.instance, plan.region)
    slots, vcpus = plan.size.executors * plan.size.cores, prices.instance(plan.instance)["vcpus"]
    disk = DISK_GB * float(prices.table["storage"]["ebs_gb_month"]) / HOURS_A_MONTH
    nodes = 1 + workers_of(slots, vcpus=int(vcpus))
    doors = ENDPOINTS * float(prices.table["network"]["endpoint_hour"])
    most = (nodes * (hour + disk) + doors) * plan.timeout_minutes / 60
    return Tariff("ec2", 0.0, lambda _: most, most, remark)


TARIFFS: Final[dict[str, Callable[[Plan, Prices], Tariff]]] = {
    "emr-serverless": _serverless,
    "emr": _emr,
    "emr-notebook": _notebook,
    "ec2": _server,
}
"""The targets that cost money, and how."""
