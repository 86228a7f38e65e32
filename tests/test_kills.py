"""`kill -9` in local processes: what is left is what an undisturbed run leaves, row for row.

A bounded version of `python -m benchmarks.kills`, which kills at random moments and on Spark too
(here: tests/spark/test_kills.py). These kills come when the first unit is done and others are in
flight.
"""

import random
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.attempts import Attempt
from benchmarks.chain import Chain, Reference, run_undisturbed
from benchmarks.final_state import differences, litter, read_state, unreadable
from benchmarks.kills import draw_schedule, table
from benchmarks.rounds import Kill, Round, disturb
from benchmarks.slow_network import slow_network

from photos import write, write_photos


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """A run on two slots, undisturbed, whose features take a second or two."""
    folder = tmp_path_factory.mktemp("kills")
    write(folder / "slow.onnx", slow_network())
    chain = Chain(
        write_photos(folder / "photos", 140),
        ("--runner", "local"),
        environ={"LOKY_MAX_CPU_COUNT": "2"},
        model=str(folder / "slow.onnx"),
    )
    return run_undisturbed(chain, folder / "undisturbed")


def after_the_first_unit(output: Path):
    def due(attempt: Attempt) -> bool:
        return any((output / "_fruits" / "receipts").glob("*/*.json"))

    return due


@pytest.mark.slow
def test_after_a_killed_driver_the_next_run_does_what_is_left(reference: Reference, tmp_path: Path):
    output = tmp_path / "out"
    kill = Kill("driver", after_the_first_unit(output), rng=random.Random(0))
    found = disturb(reference, output, kill)
    assert found is not None
    assert (found.stage, found.reruns, found.problems) == ("features", 1, [])
    assert 0 < found.saved <= reference.images
    assert found.redone == reference.images - found.saved


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_the_run_ends_by_itself(
    reference: Reference, tmp_path: Path
):
    output = tmp_path / "out"
    kill = Kill("worker", after_the_first_unit(output), rng=random.Random(0))
    found = disturb(reference, output, kill)
    assert found is not None
    assert (found.stage, found.reruns, found.problems) == ("features", 0, [])


def test_a_row_that_is_lost_doubled_or_changed_does_not_go_unnoticed(reference: Reference):
    state = reference.state
    table = state["features"]
    vectors = table.column("features").to_pylist()
    vectors[7][3] += 1e-6
    changed = table.set_column(
        table.column_names.index("features"), "features", pa.array(vectors, pa.list_(pa.float32()))
    )
    doubled = pa.concat_tables([table.slice(0, 1), table])
    for wrong, says in (
        (table.slice(1), "features: 1 paths lost, 0 strange, 0 doubled"),
        (doubled, "features: 0 paths lost, 0 strange, 1 doubled"),
        (changed, "features: other values in features"),
    ):
        assert differences({**state, "features": wrong}, state) == [says]
    assert differences(state, state) == []


def test_what_a_dead_run_leaves_does_not_go_unnoticed(reference: Reference, tmp_path: Path):
    output = tmp_path / "out"
    shutil.copytree(reference.output, output)
    assert litter(output, reference=reference.output) == []
    part = next(output.glob("features/*/*.parquet"))
    shutil.copyfile(part, part.with_name("orphan.parquet"))
    write(output / "_fruits" / "receipts" / "run" / "000001.json", b"{}")
    write(output / "matrix" / ".0123.tmp", b"")
    found = differences(read_state(output), reference.state)
    assert [text.partition(":")[0] for text in found] == ["features, as plain Parquet"]
    assert litter(output, reference=reference.output) == [
        "_fruits/receipts/run/000001.json",
        "matrix/.0123.tmp",
    ]
    part.unlink()
    assert "tables cannot be read" in unreadable(output)[0]


def test_moments_of_death_are_spread_over_the_whole_run():
    cases = [("local", "driver"), ("local", "worker")]
    drawn = draw_schedule(cases, 11, rng=random.Random(3))
    assert [case for case, _ in drawn] == [cases[turn % 2] for turn in range(11)]
    sixths = sorted(int(share * 6) for case, share in drawn if case == cases[0])
    assert sixths == list(range(6))


def test_the_table_tells_what_each_kind_of_kill_cost():
    rounds = [
        Round("local[2]", "worker", at_once=False, read_again=512),
        Round("local[2]", "worker", at_once=False, read_again=0, reruns=2, problems=["a row lost"]),
        Round("local", "driver", at_once=True, reruns=1),
    ]
    lines = table(rounds).splitlines()[2:]
    assert lines == [
        "| local | driver | at once | 1 | 0 | 1 | not measured | not measured | 0.0 | 0 |",
        "| local[2] | worker |  | 2 | 1 | 2 | 256 | 512 | 0.0 | 1 |",
    ]
