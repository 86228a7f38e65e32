"""`kill -9` of a driver, a Python worker and an executor of Spark: see tests/test_kills.py."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.attempts import Attempt, Victim
from benchmarks.chain import Chain, Reference, run_undisturbed, spark_home
from benchmarks.rounds import Kill, Round, disturb
from benchmarks.slow_network import slow_network

from photos import write, write_photos


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """A run in local processes, undisturbed: what Spark leaves must be the same."""
    folder = tmp_path_factory.mktemp("kills")
    write(folder / "slow.onnx", slow_network())
    chain = Chain(
        write_photos(folder / "photos", 140),
        ("--runner", "local"),
        environ={"LOKY_MAX_CPU_COUNT": "2"},
        model=str(folder / "slow.onnx"),
    )
    return run_undisturbed(chain, folder / "undisturbed")


def kill_after_the_first_unit(reference: Reference, output: Path, master: str, victim: Victim):
    def due(attempt: Attempt) -> bool:
        return any((output / "_fruits" / "receipts").glob("*/*.json"))

    environ = {"SPARK_HOME": str(spark_home(output.parent))}
    chain = replace(reference.chain, options=("--master", master), environ=environ)
    found = disturb(
        replace(reference, chain=chain), output, Kill(victim, due, rng=random.Random(0))
    )
    assert isinstance(found, Round)
    assert (found.stage, found.problems, found.survivors) == ("features", [], [])
    return found


@pytest.mark.slow
def test_after_a_killed_driver_the_next_run_does_what_is_left(reference: Reference, tmp_path: Path):
    found = kill_after_the_first_unit(reference, tmp_path / "out", "local[2]", "driver")
    assert found.reruns == 1
    assert 0 < found.saved < reference.images
    assert found.redone == reference.images - found.saved


@pytest.mark.slow
@pytest.mark.parametrize(
    ("master", "victim"), [("local[2]", "worker"), ("local-cluster[2,1,1024]", "executor")]
)
def test_a_killed_worker_or_executor_is_replaced_and_the_run_ends_by_itself(
    reference: Reference, tmp_path: Path, master: str, victim: Victim
):
    found = kill_after_the_first_unit(reference, tmp_path / "out", master, victim)
    assert found.reruns == 0
