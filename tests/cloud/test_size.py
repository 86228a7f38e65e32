"""How large executors are asked for."""

import pytest

from fruits.cloud.size import LARGEST_IMAGE_MB, WORKER_MB, Size
from fruits.errors import ConfigError

DYNAMIC = "spark.dynamicAllocation."


@pytest.mark.parametrize("backend", WORKER_MB)
def test_every_slot_adds_the_memory_of_one_worker(backend: str):
    sizes = [Size(cores=cores, backend=backend).overhead_mb for cores in (1, 2, 9)]
    assert sizes[1] - sizes[0] == WORKER_MB[backend]
    assert sizes[2] - sizes[0] == 8 * WORKER_MB[backend]
    assert sizes[0] > WORKER_MB[backend] + LARGEST_IMAGE_MB


def test_the_container_holds_heap_and_overhead():
    size = Size(cores=3)
    settings = size.settings()
    parts = (settings["spark.executor.memory"], settings["spark.executor.memoryOverhead"])
    assert sum(int(part.removesuffix("m")) for part in parts) == size.executor_mb
    assert settings["spark.executor.cores"] == "3"


def test_executors_come_and_go_unless_they_are_to_be_held():
    moving, held = Size(executors=7).settings(), Size(executors=7, dynamic=False).settings()
    assert moving[f"{DYNAMIC}enabled"] == moving[f"{DYNAMIC}shuffleTracking.enabled"] == "true"
    assert moving[f"{DYNAMIC}maxExecutors"] == moving[f"{DYNAMIC}initialExecutors"] == "7"
    assert "spark.executor.instances" not in moving
    assert held["spark.executor.instances"] == "7"
    assert {k: v for k, v in held.items() if k.startswith(DYNAMIC)} == {
        f"{DYNAMIC}enabled": "false"
    }


@pytest.mark.parametrize(("key", "value"), [("executors", 0), ("cores", 0), ("cores", -4)])
def test_no_executors_and_no_cores_are_refused_by_name(key: str, value: int):
    with pytest.raises(ConfigError, match=f"{key} = {value}: give 1 or more"):
        Size(**{key: value})
