"""What the apprentice's notebook pays for, taken apart: the model, the lazy frame, the batch.

python -m benchmarks.critique.notebook model
"""

import json
import os
import subprocess
import sys
import time
from itertools import pairwise
from typing import Any, Final

import psutil

from fruits.models import registry
from fruits.models.weights import find_weights

ROWS: Final = 240
COMPONENTS: Final = 5
PIXELS_BYTES: Final = 224 * 224 * 3 * 4
"""One picture as the notebook gives it to the network: float32."""

ARROW_ROWS: Final = 10_000
"""Spark's own spark.sql.execution.arrow.maxRecordsPerBatch, which the notebook leaves alone."""


def measure() -> dict[str, Any]:
    """Measure all of it, each part in a process of its own."""
    built = in_own_process("model")
    return {
        "model": built,
        "per_task": built["build"] + built["read"] + built["set"],
        "passes": in_own_process("passes"),
        "pixels_bytes": PIXELS_BYTES,
        "batch_bytes": ARROW_ROWS * PIXELS_BYTES,
    }


def in_own_process(name: str) -> dict[str, Any]:
    """Run one measurement in a fresh interpreter."""
    command = [sys.executable, "-m", "benchmarks.critique.notebook", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def model() -> dict[str, Any]:
    """Do what `model_fn` does in every task: build, read the weights, replace them by the same."""
    file = find_weights(registry.find("mobilenet_v2"))
    assert file is not None, "no weights: set FRUITS_WEIGHTS"
    marks = [time.perf_counter()]
    from tensorflow.keras.applications.mobilenet_v2 import MobileNetV2

    marks.append(time.perf_counter())
    shape = (224, 224, 3)
    network = MobileNetV2(weights=None, include_top=False, pooling="avg", input_shape=shape)
    marks.append(time.perf_counter())
    network.load_weights(file.path)
    marks.append(time.perf_counter())
    carried = network.get_weights()
    marks.append(time.perf_counter())
    network.set_weights(carried)
    marks.append(time.perf_counter())
    steps = ("import", "build", "read", "get", "set")
    spent = dict(zip(steps, (b - a for a, b in pairwise(marks)), strict=True))
    return spent | {
        "weights_bytes": sum(array.nbytes for array in carried),
        "rss_bytes": psutil.Process().memory_info().rss,
    }


def passes() -> dict[str, Any]:
    """Count how often MLlib's PCA and a write have each picture go through the UDF, uncached."""
    import numpy as np
    import pandas as pd
    from pyspark.ml.feature import PCA, StandardScaler
    from pyspark.ml.functions import array_to_vector
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as F  # noqa: N812

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder: Any = SparkSession.builder
    spark = builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    seen = spark.sparkContext.accumulator(0)

    def network(numbers: pd.Series) -> pd.Series:
        seen.add(len(numbers))
        return pd.Series([np.random.default_rng(n).normal(size=32) for n in numbers])

    features: Any = F.pandas_udf(network, "array<float>")
    frame = spark.range(0, ROWS, 1, 4).select(features("id").alias("features"))
    frame = frame.select(array_to_vector("features").alias("vector"))
    counts = {}
    pca = PCA(k=COMPONENTS, inputCol="vector", outputCol="reduced").fit(frame)
    counts["fit"] = seen.value / ROWS
    pca.transform(frame).write.format("noop").mode("overwrite").save()
    counts["fit_and_write"] = seen.value / ROWS
    before = seen.value
    scaler = StandardScaler(inputCol="vector", outputCol="scaled", withMean=True)
    scaled = scaler.fit(frame).transform(frame)
    pca = PCA(k=COMPONENTS, inputCol="scaled", outputCol="reduced").fit(scaled)
    pca.transform(scaled).write.format("noop").mode("overwrite").save()
    counts["scaled_fit_and_write"] = (seen.value - before) / ROWS
    spark.stop()
    return counts | {"rows": ROWS}


if __name__ == "__main__":
    print(json.dumps({"model": model, "passes": passes}[sys.argv[1]]()))
