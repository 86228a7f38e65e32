"""The apprentice's chain, re-created: the well-known notebook and what its completers add to it.

Every step is the notebook's: Spark's binaryFile reader, a scalar-iterator pandas UDF around
MobileNetV2, 20 partitions, features in Parquet; then StandardScaler, MLlib's PCA and a CSV
through pandas. The network is rebuilt and its weights are read again in every task before the
broadcast ones replace them, as there (from a file here, where the notebook asks the network).

    python benchmarks/apprentice.py --input DIR --weights FILE --output DIR [--master local[2]]
"""

import argparse
import io
import json
import os
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from PIL import Image
from pyspark import Broadcast
from pyspark.ml.feature import PCA, StandardScaler
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

PARTITIONS = 20
PREDICT: dict[str, Any] = {"batch_size": 64, "verbose": 0}


def open_session(master: str, driver_memory: str) -> SparkSession:
    """Start Spark as the notebook does: its one setting, and memory enough to live."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder: Any = SparkSession.builder
    session: SparkSession = (
        builder.appName("P8")
        .master(master)
        .config("spark.sql.parquet.writeLegacyFormat", "true")
        .config("spark.driver.memory", driver_memory)
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    return session


def read_images(session: SparkSession, folder: str) -> DataFrame:
    """Read every .jpg below `folder` with its bytes; the label is the parent folder's name."""
    images = (
        session.read.format("binaryFile")
        .option("pathGlobFilter", "*.jpg")
        .option("recursiveFileLookup", "true")
        .load(folder)
    )
    return images.withColumn("label", F.element_at(F.split(images["path"], "/"), -2))


def build_model(weights: str | None) -> Any:  # noqa: ANN401  (a Keras model)
    """Build MobileNetV2 up to its global pooling; read its weights from the disk, if given."""
    from tensorflow.keras.applications.mobilenet_v2 import MobileNetV2

    model = MobileNetV2(weights=None, include_top=False, pooling="avg", input_shape=(224, 224, 3))
    if weights:
        model.load_weights(weights)
    return model


def cached_model(weights: Broadcast) -> Any:  # noqa: ANN401
    """Build the network once per Python worker, from the broadcast weights alone.

    Spark sends this script to its workers function by function, with fresh globals for each task:
    only a module of the worker's own outlives a task.
    """
    kept = sys.modules.setdefault("apprentice_cache", types.ModuleType("apprentice_cache"))
    if not hasattr(kept, "model"):
        model = build_model(None)
        model.set_weights(weights.value)
        kept.model = model  # type: ignore[attr-defined]
    return kept.model


def featurizer(weights: str, broadcast: Broadcast, *, once: bool) -> Any:  # noqa: ANN401  (a UDF)
    """Return the notebook's UDF: one model per task, one `predict` per Arrow batch.

    With `once`, what the best of its published variants do: one model per Python worker, made of
    the broadcast weights, and batches of a fixed size.
    """

    def model_fn() -> Any:  # noqa: ANN401
        if once:
            return cached_model(broadcast)
        model = build_model(weights)
        for layer in model.layers:
            layer.trainable = False
        model.set_weights(broadcast.value)
        return model

    def preprocess(content: bytes) -> np.ndarray:
        from tensorflow.keras.applications.mobilenet_v2 import preprocess_input
        from tensorflow.keras.preprocessing.image import img_to_array

        image = Image.open(io.BytesIO(content)).resize([224, 224])
        return np.asarray(preprocess_input(img_to_array(image)))

    def featurize(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        model = model_fn()
        for contents in batches:
            pixels = np.stack(contents.map(preprocess))
            vectors = model.predict(pixels, **PREDICT) if once else model.predict(pixels)
            yield pd.Series([vector.flatten() for vector in vectors])

    return F.pandas_udf("array<float>")(featurize)


def write_features(
    session: SparkSession, folder: str, weights: str, output: str, *, once: bool
) -> None:
    """Broadcast the weights, featurise every image and write path, label and features."""
    broadcast = session.sparkContext.broadcast(build_model(weights).get_weights())
    featurize: Any = featurizer(weights, broadcast, once=once)
    content: Column = F.col("content")
    features = read_images(session, folder).repartition(PARTITIONS)
    features = features.select("path", "label", featurize(content).alias("features"))
    features.write.mode("overwrite").parquet(output)


def reduce_features(session: SparkSession, features: str, components: int) -> tuple[Any, DataFrame]:
    """Read the features again, scale them to mean 0 and deviation 1, and fit MLlib's PCA."""
    table = session.read.parquet(features)
    table = table.withColumn("vector", array_to_vector("features"))
    scaler = StandardScaler(inputCol="vector", outputCol="scaled", withMean=True, withStd=True)
    scaled = scaler.fit(table).transform(table)
    model = PCA(k=components, inputCol="scaled", outputCol="reduced").fit(scaled)
    return model, model.transform(scaled).select("path", "label", "reduced")


def write_csv(reduced: DataFrame, components: int, output: str) -> int:
    """Collect the matrix with pandas, write one column per component, return the rows."""
    values = vector_to_array("reduced")
    columns = [values[i].alias(f"pc_{i + 1:04d}") for i in range(components)]
    matrix = reduced.select("path", "label", *columns).toPandas()
    matrix.to_csv(output, index=False)
    return len(matrix)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Run the whole chain and return its facts; `total` counts from the process's start."""
    began = psutil.Process().create_time()
    seconds: dict[str, float] = {}
    marks = [began]

    def lap(name: str) -> None:
        marks.append(time.time())
        seconds[name] = round(marks[-1] - marks[-2], 3)

    output = Path(options.output).resolve()
    output.mkdir(parents=True, exist_ok=True)
    features = (output / "features").as_uri()
    session = open_session(options.master, options.driver_memory)
    lap("start")
    write_features(
        session,
        Path(options.input).resolve().as_uri(),
        options.weights,
        features,
        once=options.once,
    )
    lap("features")
    model, reduced = reduce_features(session, features, options.components)
    lap("reduce")
    rows = write_csv(reduced, options.components, str(output / "matrix.csv"))
    lap("publish")
    explained = float(model.explainedVariance.toArray().sum())
    session.stop()
    seconds["total"] = round(time.time() - began, 3)
    return {
        "images": rows,
        "images_per_second": round(rows / seconds["total"], 2),
        "explained_variance": round(explained, 6),
        "master": options.master,
        "seconds": seconds,
    }


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="The apprentice's chain, timed.")
    parser.add_argument("--input", required=True, help="folder of .jpg images")
    parser.add_argument(
        "--weights", required=True, help="MobileNetV2 weights (.weights.h5, no top)"
    )
    parser.add_argument("--output", required=True, help="folder for features/ and matrix.csv")
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--driver-memory", default="4g")
    parser.add_argument("--components", type=int, default=100)
    parser.add_argument(
        "--once", action="store_true", help="the best published variant: one model per worker"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    print(json.dumps(run(parse())))
