"""Spark Connect: without a SparkContext, the chain and the stages of pyspark.ml run too."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("grpc_status", reason="Spark Connect: pip install 'fruits[connect]'")

SCRIPT = """
import json
from pyspark.ml import Pipeline
from pyspark.sql import SparkSession
spark = SparkSession.builder.remote("local[2]").getOrCreate()

from fruits import PCA, Config, ImageFeaturizer, PCAModel, run
from fruits.errors import RunnerError

frame = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load({folder!r})
stages = [ImageFeaturizer(model={model!r}), PCA(k=3)]
fitted = Pipeline(stages=stages).fit(frame)
rows = fitted.transform(frame).select("reason", "pca").collect()
model = fitted.stages[-1]
complaints = []
for attempt in (lambda: model.save({saved!r}), lambda: PCAModel.load({saved!r}), model.toSparkML):
    try:
        attempt()
    except RunnerError as exc:
        complaints.append(str(exc))
report = run(Config(input={folder!r}, output={output!r}, model={model!r}, components=3))
print(json.dumps(dict(
    session=type(spark).__module__,
    vectors=sum(row.pca is not None for row in rows),
    rejects=sum(row.reason is not None for row in rows),
    samples=model.nSamples,
    variance=model.explainedVariance.tolist(),
    of_the_chain=report.pca.explained_variance_ratio,
    of_the_model=model.explainedVarianceRatio.tolist(),
    complaints=complaints,
    runner=report.runner,
    rows=report.matrix_rows,
)))
"""


def test_everything_but_saving_works_and_that_says_so(
    in_a_fresh_process: Callable[..., Any], photos: Path, tiny_onnx: Path, tmp_path: Path
):
    script = SCRIPT.format(
        folder=str(photos), model=str(tiny_onnx),
        saved=str(tmp_path / "saved"), output=str(tmp_path / "out"),
    )  # fmt: skip
    facts = in_a_fresh_process(script, PYSPARK_PYTHON=sys.executable)
    assert facts["session"] == "pyspark.sql.connect.session"
    assert facts["samples"] == facts["vectors"] == facts["rows"] == 60
    assert facts["rejects"] > 0
    assert facts["runner"] == "spark"
    assert facts["of_the_chain"] == pytest.approx(facts["of_the_model"], rel=1e-9)
    saving, loading, as_spark = facts["complaints"]
    assert "model.toNumpy()" in saving
    assert "Spark Connect has no SparkContext" in loading
    assert "classic Spark session" in as_spark
    assert not (tmp_path / "saved").exists()
