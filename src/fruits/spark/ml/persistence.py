"""Saves a PCAModel the way pyspark.ml does: metadata as JSON, data as Parquet, overwrite on demand.

The data is one row: the .npz of `fruits.reduction.npz`, readable with numpy alone.
"""

from typing import TYPE_CHECKING, Any

from pyspark.ml.util import DefaultParamsReader, DefaultParamsWriter, MLReader, MLWriter

from fruits.errors import RunnerError
from fruits.reduction.npz import load, save
from fruits.spark.session import classic_context

if TYPE_CHECKING:
    from pyspark import SparkContext

    from fruits.spark.ml.pca import PCAModel


class PCAModelWriter(MLWriter):
    """Writes `metadata/` and `data/` below a path of any file system that Spark knows."""

    def __init__(self, model: "PCAModel") -> None:
        super().__init__()
        self.model = model

    def save(self, path: str) -> None:
        """Write the model; RunnerError on Spark Connect, which cannot."""
        _context(self)  # before anything there is overwritten
        super().save(path)

    def saveImpl(self, path: str) -> None:
        """Write what `save` found room for."""
        context = _context(self)
        DefaultParamsWriter.saveMetadata(self.model, path, context)
        row = [(bytearray(save(self.model.fitted)),)]
        frame = self.sparkSession.createDataFrame(row, "npz binary")
        frame.coalesce(1).write.parquet(f"{path}/data")


class PCAModelReader(MLReader):
    """Reads back what PCAModelWriter wrote."""

    def __init__(self, kind: type) -> None:
        super().__init__()
        self.kind = kind

    def load(self, path: str) -> "PCAModel":
        """Read the model; InputError when its data is no fitted PCA."""
        metadata = DefaultParamsReader.loadMetadata(path, _context(self))
        row = self.sparkSession.read.parquet(f"{path}/data").first()
        model: PCAModel = self.kind(load(bytes(row["npz"]) if row else b""))
        model._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(model, metadata)
        return model


def _context(place: Any) -> "SparkContext":  # noqa: ANN401
    context = classic_context(place.sparkSession)
    if context is None:
        raise RunnerError(
            "Spark Connect has no SparkContext, which pyspark.ml needs to save and load models: "
            "keep model.toNumpy(), or `fruits.reduction.npz.save(model.fitted)`, instead"
        )
    return context
