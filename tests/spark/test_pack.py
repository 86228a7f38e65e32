"""Packing on Spark: the same images as in local processes, each once."""

from pathlib import Path

import pyarrow.dataset as ds
from pyspark.sql import SparkSession

from fruits import Config
from fruits.pipeline import pack

from tables import rejects


def images(store: str) -> list[dict]:
    rows = ds.dataset(f"{store}/images", format="parquet", exclude_invalid_files=True).to_table()
    found = sorted(rows.to_pylist(), key=lambda row: row["path"])
    return [{key: row[key] for key in row if key != "run_id"} for row in found]


def test_spark_packs_what_local_processes_pack(spark: SparkSession, photos: Path, tmp_path: Path):
    stores = {runner: str(tmp_path / runner) for runner in ("spark", "local")}
    for runner, store in stores.items():
        report = pack(Config(input=str(photos), output=store, runner=runner))
        assert (report.runner, report.images.featurised, report.images.rejected) == (runner, 60, 3)
    assert images(stores["spark"]) == images(stores["local"])
    assert rejects(Path(stores["spark"])) == rejects(Path(stores["local"]))
