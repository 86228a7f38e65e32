"""What a worker does for ImageFeaturizer: batches of images → vectors, or reasons."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from pyspark.sql import functions as F

from fruits.backends.seam import Payload
from fruits.choices import Fit
from fruits.images.rejects import Reject
from fruits.spark.archives import reread_archives_only_when_changed
from fruits.spark.ml.images import Read, read_struct
from fruits.work.engine import engine_of
from fruits.work.task import Shared

RESULT: Final = "features array<float>, reason string, detail string"


@dataclass(frozen=True)
class Featurise:
    """What a worker needs: the network's fingerprint, its backend, the fit, the shared payload."""

    model: str
    backend: str
    fit: Fit
    payload: Shared[Payload]
    threads: int = 1

    def rows(self, images: pd.Series, read: Read) -> pd.DataFrame:
        """Give each image a vector, or a reason and its detail."""
        size = self.payload.get().input_size
        embed = engine_of(self, self.payload)
        rows: list[tuple[Any, str | None, str | None]] = []
        for image in images:
            pixels = read(image, size, self.fit)
            if isinstance(pixels, Reject):
                rows.append((None, pixels.reason, pixels.detail))
            else:
                rows.append((embed(pixels[None])[0], None, None))
        return pd.DataFrame(rows, columns=["features", "reason", "detail"], dtype=object)


def featurise_column(stage: Featurise, read: Read) -> Any:  # noqa: ANN401
    """Make a pandas UDF of one image column that gives the struct RESULT."""

    def featurise(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
        reread_archives_only_when_changed()
        for images in batches:
            yield stage.rows(images, read)

    def featurise_structs(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        reread_archives_only_when_changed()
        for images in batches:
            yield stage.rows(pd.Series(images.to_dict("records"), dtype=object), read)

    # pandas_udf takes the kind of its input from these signatures: a struct arrives as a DataFrame.
    return F.pandas_udf(featurise_structs if read is read_struct else featurise, RESULT)
