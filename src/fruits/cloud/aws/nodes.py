"""The machines of a cluster of EMR: which type, how many, and which of them may be taken away."""

from dataclasses import dataclass
from typing import Any, Final

from fruits.cloud.prices import Prices
from fruits.cloud.size import Size
from fruits.cloud.tariffs import EBS_GB, workers_of
from fruits.errors import ConfigError

YARN_SHARE: Final = 0.75
"""Of a node's memory, what EMR leaves to YARN's containers: 12 of 16 GB on an m5.xlarge."""


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """A primary node and `workers` of the same type; `spot` of them are task nodes on spot.

    What cannot be lost is on demand: the primary node, and the core nodes with HDFS and the driver.
    """

    instance: str = "m5.xlarge"
    vcpus: int = 4
    workers: int = 4
    spot: int = 0

    def __post_init__(self) -> None:
        """Refuse a cluster without a core node."""
        if not 0 <= self.spot < self.workers:
            raise ConfigError(
                f"spot = {self.spot}: of {self.workers} workers at most {self.workers - 1} may be "
                "on spot, since one keeps HDFS and the driver"
            )

    def groups(self) -> list[dict[str, Any]]:
        """Return the instance groups; a spot node costs what one on demand does at the most."""
        kinds = [
            ("MASTER", 1, "ON_DEMAND"),
            ("CORE", self.workers - self.spot, "ON_DEMAND"),
            ("TASK", self.spot, "SPOT"),
        ]
        return [self._group(*kind) for kind in kinds if kind[1]]

    def _group(self, role: str, count: int, market: str) -> dict[str, Any]:
        disk = {"VolumeType": "gp3", "SizeInGB": EBS_GB}
        return {
            "Name": role.lower(),
            "InstanceRole": role,
            "InstanceType": self.instance,
            "InstanceCount": count,
            "Market": market,
            "EbsConfiguration": {
                "EbsBlockDeviceConfigs": [{"VolumeSpecification": disk, "VolumesPerInstance": 1}]
            },
        }


def nodes_for(instance: str, size: Size, prices: Prices, *, spot: int = 0) -> Nodes:
    """Return the machines for a size: as many workers as its slots need, a vCPU of each kept free.

    Raises ConfigError for an instance without a price, or executors larger than a machine.
    """
    kind = prices.instance(instance)
    vcpus = int(kind["vcpus"])
    if size.cores > vcpus or size.executor_mb > YARN_SHARE * int(kind["memory_gb"]) * 1024:
        raise ConfigError(
            f"an executor of {size.cores} cores and {size.executor_mb:,} MB does not fit on "
            f"{instance} ({vcpus} vCPUs, {kind['memory_gb']} GB): fewer --cores, or a larger "
            "--instance"
        )
    slots = size.executors * size.cores
    workers = workers_of(slots, vcpus=vcpus)
    return Nodes(instance=instance, vcpus=vcpus, workers=workers, spot=spot)
