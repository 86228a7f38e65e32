"""ImageFeaturizer for pyspark.ml: a column of images → vectors, or the reason why there is none."""

from typing import TYPE_CHECKING

from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.param import TypeConverters
from pyspark.ml.param.shared import HasInputCol, HasOutputCol
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import functions as F

from fruits.backends.choose import resolve_backend
from fruits.choices import Fit
from fruits.config import CHOICES
from fruits.errors import ConfigError
from fruits.models.model import Model, load_model
from fruits.spark.broadcast import share
from fruits.spark.ml.images import reader_of
from fruits.spark.ml.inference import Featurise, featurise_column
from fruits.spark.ml.params import declare
from fruits.spark.session import classic_context

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

to_text = TypeConverters.toString


class ImageFeaturizer(
    HasInputCol, HasOutputCol, Transformer, DefaultParamsReadable, DefaultParamsWritable
):
    """Adds the vectors of a pre-trained network for the images of `inputCol`.

    `inputCol` holds files' bytes (Spark's `binaryFile`, any binary column) or the struct of Spark's
    image source. `outputCol` becomes array<float>, null for an image that could not be read;
    `reasonCol` and `detailCol` say why. `model`, `weights`, `fit`, `backend` and `precision` are
    those of `fruits run`: the driver loads the network, the executors get it broadcast.

    A worker gets `spark.sql.execution.arrow.maxRecordsPerBatch` images at once (10,000 unless
    set): a few hundred are better where photos are large.

    Raises ConfigError for parameters that cannot be, ModelError when the network has no weights.
    """

    model = declare("model", "a network of `fruits models list`, or FILE.onnx", to_text)
    weights = declare("weights", "the network's weights file on the driver", to_text)
    fit = declare("fit", "how an image fits the network's input", to_text)
    backend = declare("backend", "library that runs the network", to_text)
    precision = declare("precision", "arithmetic of the network", to_text)
    reasonCol = declare("reasonCol", "column that says why there is no vector", to_text)
    detailCol = declare("detailCol", "column that says more about the reason", to_text)

    @keyword_only  # type: ignore[untyped-decorator]
    def __init__(
        self,
        *,
        model: str = "mobilenet_v2",
        weights: str | None = None,
        fit: Fit = "squash",
        backend: str = "auto",
        precision: str = "f32",
        inputCol: str = "content",
        outputCol: str = "features",
        reasonCol: str = "reason",
        detailCol: str = "detail",
    ) -> None:
        """Set the parameters."""
        super().__init__()
        self._setDefault(
            model="mobilenet_v2",
            fit="squash",
            backend="auto",
            precision="f32",
            inputCol="content",
            outputCol="features",
            reasonCol="reason",
            detailCol="detail",
        )
        self._set(**{k: v for k, v in self._input_kwargs.items() if v is not None})

    def _transform(self, dataset: "DataFrame") -> "DataFrame":
        read = reader_of(dataset, self.getInputCol())
        loaded, backend = self._load()
        stage = Featurise(
            loaded.fingerprint,
            backend,
            self.getOrDefault("fit"),
            share(classic_context(dataset.sparkSession), loaded.payload),
        )
        # Two columns are read from one result: it must not be computed twice.
        computed = featurise_column(stage, read).asNondeterministic()
        made = computed(F.col(f"`{self.getInputCol()}`"))
        whole = f"{self.uid}__made"
        frame = dataset.withColumn(whole, made)
        for param, field in (
            ("outputCol", "features"),
            ("reasonCol", "reason"),
            ("detailCol", "detail"),
        ):
            frame = frame.withColumn(self.getOrDefault(param), F.col(whole)[field])
        return frame.drop(whole)

    def _load(self) -> tuple[Model, str]:
        chosen = {name: self.getOrDefault(name) for name in ("fit", "backend", "precision")}
        for name, value in chosen.items():
            if value not in CHOICES[name]:
                raise ConfigError(f"{name} = {value!r} is not one of {', '.join(CHOICES[name])}")
        weights = self.getOrDefault("weights") if self.isDefined("weights") else None
        loaded = load_model(self.getOrDefault("model"), weights=weights, **chosen)
        return loaded, resolve_backend(chosen["backend"], chosen["precision"])
