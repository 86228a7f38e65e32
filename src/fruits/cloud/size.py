"""How large a cluster's executors and driver are: settings of Spark, with their reasons."""

from dataclasses import dataclass
from typing import Final

from fruits.errors import ConfigError

JVM_HEAP_MB: Final = 1024
"""An executor's JVM hands out tasks and holds the broadcast; pixels and vectors are in Python."""

JVM_OUTSIDE_HEAP_MB: Final = 384
"""What Spark itself reckons for a JVM's own memory outside of its heap, at least."""

WORKER_MB: Final = {"onnx": 512, "openvino": 768, "tensorflow": 1536}
"""A Python worker with its network and the images that it has read ahead: some 300 MB at their peak
with small photos in ONNX Runtime (docs/run-on-hadoop.md), and as much again for larger ones."""

LARGEST_IMAGE_MB: Final = 2048
"""What decoding the largest image that is admitted takes above that; two at once are bad luck."""

DRIVER_PYTHON_MB: Final = 1536
"""The driver's Python: the tables' log, the moments, a piece of the matrix at a time."""

DRIVER_MB: Final = JVM_HEAP_MB + JVM_OUTSIDE_HEAP_MB + DRIVER_PYTHON_MB
"""The driver's memory in all."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """At most `executors` of `cores` slots each; a slot is one worker with one network.

    With `dynamic` Spark asks for executors while tasks wait for one, and gives back those that
    have been idle for a minute: the PCA of a large job does not hold a cluster.
    """

    executors: int = 2
    cores: int = 4
    backend: str = "onnx"
    dynamic: bool = True

    def __post_init__(self) -> None:
        """Refuse sizes that are none."""
        for key in ("executors", "cores"):
            if getattr(self, key) < 1:
                raise ConfigError(f"{key} = {getattr(self, key)}: give 1 or more")

    @property
    def overhead_mb(self) -> int:
        """An executor's memory outside of its JVM's heap: above all its Python workers.

        A cluster's own default, a tenth of the heap, would have the container killed as soon as
        the networks are loaded.
        """
        workers = self.cores * WORKER_MB[self.backend]
        return JVM_OUTSIDE_HEAP_MB + workers + LARGEST_IMAGE_MB

    @property
    def executor_mb(self) -> int:
        """An executor's memory in all: what the cluster's scheduler must find on one machine."""
        return JVM_HEAP_MB + self.overhead_mb

    def settings(self) -> dict[str, str]:
        """Return the settings of spark-submit for this size."""
        return {
            "spark.driver.memory": f"{JVM_HEAP_MB}m",
            "spark.driver.memoryOverhead": f"{JVM_OUTSIDE_HEAP_MB + DRIVER_PYTHON_MB}m",
            "spark.executor.cores": str(self.cores),
            "spark.executor.memory": f"{JVM_HEAP_MB}m",
            "spark.executor.memoryOverhead": f"{self.overhead_mb}m",
            **(self._dynamic() if self.dynamic else self._static()),
        }

    def _dynamic(self) -> dict[str, str]:
        return {
            "spark.dynamicAllocation.enabled": "true",
            # No shuffle service is needed: executors that hold shuffle files are kept instead.
            "spark.dynamicAllocation.shuffleTracking.enabled": "true",
            "spark.dynamicAllocation.minExecutors": "0",
            "spark.dynamicAllocation.initialExecutors": str(self.executors),
            "spark.dynamicAllocation.maxExecutors": str(self.executors),
            "spark.dynamicAllocation.executorIdleTimeout": "60s",
            "spark.dynamicAllocation.cachedExecutorIdleTimeout": "60s",
        }

    def _static(self) -> dict[str, str]:
        return {
            "spark.dynamicAllocation.enabled": "false",
            "spark.executor.instances": str(self.executors),
        }
