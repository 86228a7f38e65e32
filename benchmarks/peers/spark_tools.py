"""Spark's own tools, well used: binaryFile, predict_batch_udf around ONNX Runtime, MLlib's PCA.

One network per Python worker (predict_batch_udf caches it), batches that fit the caches, a
partition per slot and a little more, the features written once and read again, MLlib's PCA on
them, the matrix written by Spark, one column per component.
"""

import os
import sys
from pathlib import Path

import numpy as np
from pieces import Clock, embed, open_network, parse, tell

PARTITIONS_PER_SLOT = 4
FILES_AT_ONCE = 64


def make_predict(content: bytes, batch: int):  # noqa: ANN201
    """Return what predict_batch_udf wants: a function that loads the network."""

    def load():  # noqa: ANN202
        network = open_network(content)

        def predict(contents: np.ndarray) -> np.ndarray:
            images = [bytes(image) for image in contents]
            starts = range(0, len(images), batch)
            return np.concatenate([embed(network, images[at : at + batch]) for at in starts])

        return predict

    return load


def main() -> None:
    """Run the chain."""
    clock, options = Clock(), parse(__doc__ or "")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    from pyspark.ml.feature import PCA
    from pyspark.ml.functions import array_to_vector, predict_batch_udf, vector_to_array
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql.types import ArrayType, FloatType

    spark = (
        SparkSession.builder.master(f"local[{options.slots}]")
        .config("spark.driver.memory", "4g")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", str(FILES_AT_ONCE))
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    clock.lap("start")
    images = (
        spark.read.format("binaryFile")
        .option("pathGlobFilter", "*.jpg")
        .option("recursiveFileLookup", "true")
        .load(str(Path(options.input).resolve()))
    )
    vectors = predict_batch_udf(
        make_predict(Path(options.onnx).read_bytes(), options.batch),
        return_type=ArrayType(FloatType()),
        batch_size=FILES_AT_ONCE,
        input_tensor_shapes=None,
    )
    spread = images.repartition(PARTITIONS_PER_SLOT * options.slots)
    features = spread.select("path", vectors("content").alias("features"))
    place = str(Path(options.output).resolve())
    features.write.parquet(f"{place}/features")
    clock.lap("features")
    table = spark.read.parquet(f"{place}/features")
    table = table.withColumn("vector", array_to_vector("features"))
    model = PCA(k=options.components, inputCol="vector", outputCol="scores").fit(table)
    scores = vector_to_array("scores", "float32")
    columns = [scores[i].alias(f"pc_{i + 1:04d}") for i in range(options.components)]
    label = F.element_at(F.split("path", "/"), -2).alias("label")
    matrix = model.transform(table).select("path", label, *columns).cache()
    matrix.write.parquet(f"{place}/matrix.parquet")
    matrix.write.option("header", "true").csv(f"{place}/matrix.csv")
    rows = matrix.count()
    clock.lap("reduce")
    spark.stop()
    tell(rows, clock)


if __name__ == "__main__":
    main()
