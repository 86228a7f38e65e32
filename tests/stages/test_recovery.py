"""What comes late, half or at the wrong moment: none of it may cost a later run more than work."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from deltalake import DeltaTable

from fruits import pipeline
from fruits.config import Config
from fruits.stages import reduce
from fruits.stages.ledger import Ledger
from fruits.stages.repair import repair
from fruits.storage.lease import Lease
from fruits.storage.output import Output
from fruits.storage.tables import Table
from fruits.work.process import FeaturiseUnit

from tables import csv_matrix, feature_rows

Settings = Callable[..., Config]


@pytest.fixture
def config(photos: Path, tiny_onnx: Path, tmp_path: Path) -> Settings:
    def settings(**changed) -> Config:
        given = {"input": str(photos), "output": str(tmp_path / "out"), "model": str(tiny_onnx)}
        return Config(**({"components": 3, "runner": "local"} | given | changed))

    return settings


def die_before_the_first_commit(config: Config, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Leave what a run leaves whose driver dies then; return the folder of its receipts."""
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "commit", lambda self: None)
        patch.setattr("fruits.stages.ledger.discard_receipts", lambda *_, **__: None)
        patch.setattr("fruits.stages.tables.Tables.tidy", lambda self: None)
        pipeline.features(config)
    (folder,) = (Path(config.output) / "_fruits/receipts").iterdir()
    return folder


def test_receipts_that_come_when_a_later_run_has_done_the_work_are_not_adopted(
    config: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Their parts are gone by then: the later run took them for litter."""
    receipts = die_before_the_first_commit(config(), monkeypatch)
    late = receipts.rename(tmp_path / "late")
    assert pipeline.run(config()).images.featurised == 60
    receipts.parent.mkdir(exist_ok=True)
    late.rename(receipts)
    assert pipeline.run(config()).images.skipped == 63
    assert len(feature_rows(tmp_path / "out")) == 60
    assert not receipts.exists()


def test_of_two_attempts_at_a_unit_one_counts(
    config: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """As when Spark speculates: both find no receipt, both write their part and their receipt."""
    done = FeaturiseUnit.__call__

    def twice(self: FeaturiseUnit, item: bytes) -> bytes:
        with monkeypatch.context() as patch:
            patch.setattr(Output, "read", lambda *_: None)
            done(self, item)
            return done(self, item)

    class Here:
        """Runs the units in this very process."""

        name, slots, spark = "local", 1, None

        def share(self, value):
            return Value(value)

        def run(self, task, items):
            double = isinstance(task, FeaturiseUnit)
            return [twice(task, item) if double else task(item) for item in items]

        def cancel(self) -> None: ...

        close = cancel

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "open_runner", lambda *_, **__: Here())
        patch.setattr(Table, "tidy", lambda *_, **__: [])
        pipeline.features(config())
    files = len(list((tmp_path / "out/features").rglob("*.parquet")))
    table = DeltaTable(str(tmp_path / "out/features"))
    assert files == 2 * len(table.file_uris())
    assert len(set(table.to_pyarrow_table().column("path").to_pylist())) == 60
    assert table.to_pyarrow_table().num_rows == 60
    assert len(repair(Output(config().output), holder="doctor")) > 0
    assert [row["path"] for row in feature_rows(tmp_path / "out")] == sorted(
        table.to_pyarrow_table().column("path").to_pylist()
    )


class Value:
    def __init__(self, value: object) -> None:
        self._value = value

    def get(self) -> object:
        return self._value


def test_half_a_receipt_is_removed_with_the_whole_ones(
    config: Settings, monkeypatch: pytest.MonkeyPatch
):
    receipts = die_before_the_first_commit(config(), monkeypatch)
    (receipts / ".0123.tmp").write_bytes(b"{")
    assert pipeline.run(config()).images.skipped == 63
    assert not receipts.exists()


def test_a_matrix_of_other_components_is_not_taken_for_the_one_asked_for(
    config: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A run with six components dies when its matrix is written and its PCA is not."""

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    pipeline.run(config())
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(reduce, "write_pca", die)
        pipeline.run(config(components=6))
    report = pipeline.run(config())
    header, _ = csv_matrix(tmp_path / "out")
    columns = [name for name in header if name.startswith("pc_")]
    assert report.pca is not None
    assert report.pca.components == len(columns) == 3


def test_a_killed_holder_of_the_lease_is_dead_even_before_its_parent_looks(tmp_path: Path):
    """As in a container without an init, where nobody ever does."""
    code = """
        import sys, time
        from fruits.storage.lease import Lease
        from fruits.storage.output import Output
from fruits.storage.tables import Table
from fruits.work.process import FeaturiseUnit
        Lease.acquire(Output(sys.argv[1]), "dead")
        print("held", flush=True)
        time.sleep(600)
    """
    command = [sys.executable, "-c", code.replace("\n        ", "\n"), str(tmp_path)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.kill()
    while psutil.Process(holder.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    Lease.acquire(Output(str(tmp_path)), "heir").release()
    holder.wait()
