import json
from pathlib import Path

import pytest

from fruits import pipeline
from fruits.config import Config
from fruits.errors import FruitsError, OutputBusy
from fruits.stages.repair import COMMIT, FORGET, REMOVE, find_leftovers, repair
from fruits.storage.lease import Lease
from fruits.storage.output import Output
from fruits.storage.tables import REJECTED_TABLE, Table

from tables import feature_rows, rejects


@pytest.fixture
def config(photos: Path, tiny_onnx: Path, tmp_path: Path) -> Config:
    return Config(
        input=str(photos),
        output=str(tmp_path / "out"),
        model=str(tiny_onnx),
        components=3,
        runner="local",
    )


@pytest.fixture
def output(config: Config) -> Output:
    """The output of a run that went well."""
    pipeline.run(config)
    return Output(config.output)


def test_a_good_run_leaves_nothing_to_repair(output):
    before = output.files()
    assert find_leftovers(output) == repair(output, holder="doctor") == []
    assert output.files() == before


def litter(output: Output) -> dict[str, str]:
    """Leave what dead runs leave; return each file's remedy."""
    folder = next(name for name in output.names("features") if name.startswith("model="))
    left = {
        f"features/{folder}/dead-000001-00000000.parquet": REMOVE,
        f"features/{folder}/.0123.tmp": REMOVE,
        "rejected/dead-000001-00000000.parquet": REMOVE,
        "_fruits/scratch/moments-0123/000001.npz": REMOVE,
        "matrix/.4567.tmp": REMOVE,
    }
    for name in left:
        output.write(name, b"half a file")
    return left


def test_leftovers_are_shown_and_kept_until_somebody_says_yes(output):
    good = output.files()
    left = litter(output)
    found = find_leftovers(output)
    assert {leftover.file: leftover.remedy for leftover in found} == left
    assert all(leftover.size == len("half a file") for leftover in found)
    assert set(output.files()) == set(good) | set(left)
    assert repair(output, holder="doctor") == found
    assert output.files() == good
    assert find_leftovers(output) == []


def test_a_lost_file_is_taken_out_of_the_table_and_the_next_run_makes_its_rows_again(
    output, config
):
    rows = feature_rows(Path(config.output))
    table = Table(output, "features")
    (model,) = {row["model"] for row in rows}
    lost = table.files(model)[0]
    output.remove(lost)
    assert [(left.file, left.remedy) for left in find_leftovers(output)] == [(lost, FORGET)]
    with pytest.raises(FruitsError, match=r"has lost a file .* doctor"):
        pipeline.run(config)
    repair(output, holder="doctor")
    assert find_leftovers(output) == []
    report = pipeline.run(config)
    assert 0 < report.images.featurised < len(rows)
    assert report.matrix_rows == len(rows)
    again = feature_rows(Path(config.output))
    assert [(row["path"], row["features"]) for row in again] == [
        (row["path"], row["features"]) for row in rows
    ]


def test_what_a_dead_run_finished_is_committed_not_removed(output, config):
    """As if the run had died after its last receipt and before its last commit."""
    table = Table(output, REJECTED_TABLE)
    (model,) = {row["model"] for row in _rejected(config)}
    (file, *_) = table.files(model)
    before = rejects(Path(config.output))
    content = output.read(file)
    paths = [row["path"] for row in _rejected(config, file)]
    table.delete(paths, model=model)
    table.tidy()
    part = {"path": "dead-000000-aa.parquet", "size": len(content), "rows": len(paths)}
    output.write(f"rejected/{part['path']}", content)
    part |= {"modification_time": 0, "model": model}
    receipt = {"run_id": "dead", "unit": "000000", "model": model, "backend": "onnx"}
    receipt |= {"featurised": 0, "rejected": len(paths), "features": None, "rejects": part}
    output.write("_fruits/receipts/dead/000000.json", json.dumps(receipt).encode())
    (found,) = find_leftovers(output)
    assert (found.file, found.remedy) == ("_fruits/receipts/dead/000000.json", COMMIT)
    repair(output, holder="doctor")
    assert rejects(Path(config.output)) == before
    assert find_leftovers(output) == []


def test_an_output_at_work_is_left_alone(output):
    lease = Lease.acquire(output, "at-work")
    for look in (find_leftovers, lambda place: repair(place, holder="doctor")):
        with pytest.raises(OutputBusy, match="run at-work"):
            look(output)
    lease.release()


def _rejected(config: Config, file: str = "rejected") -> list[dict]:
    import pyarrow.dataset as ds

    return ds.dataset(Path(config.output) / file, format="parquet").to_table().to_pylist()
