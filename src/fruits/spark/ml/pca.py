"""PCA for pyspark.ml: an exact, centred, sign-stable Estimator, and a Model that can be updated.

The method is that of `fruits.reduction`; docs/pca.md has its references, and what differs from
Spark's own PCA and from scikit-learn's.
"""

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from pyspark import keyword_only
from pyspark.ml import Estimator, Model
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable, MLReadable, MLWritable

from fruits.reduction import moments as m
from fruits.reduction.blocks import Float64
from fruits.reduction.moments import Moments
from fruits.reduction.pca import FittedPca, fit
from fruits.spark.ml import export
from fruits.spark.ml.moments import gather_column
from fruits.spark.ml.params import PCAParams
from fruits.spark.ml.persistence import PCAModelReader, PCAModelWriter
from fruits.spark.ml.scores import with_error, with_restored, with_scores

if TYPE_CHECKING:
    from pyspark.ml.feature import PCAModel as SparkPCAModel
    from pyspark.sql import DataFrame


class PCA(PCAParams, Estimator, DefaultParamsReadable, DefaultParamsWritable):
    """Fits a principal component analysis on a column of vectors, in one pass over the data.

    `inputCol` holds array<float>, array<double> or Vectors; nulls are left out. `k` keeps a number
    of components, `variance` as many as explain that share (0.95 where neither is set). `scale`
    divides each column by its standard deviation before, `whiten` each coordinate by its own
    after. Equal to scikit-learn's `PCA(svd_solver="full")` in float64, signs included.

    Raises ConfigError for parameters that cannot be, InputError for vectors that cannot be fitted.
    """

    @keyword_only  # type: ignore[untyped-decorator]
    def __init__(
        self,
        *,
        k: int | None = None,
        variance: float | None = None,
        center: bool = True,
        scale: bool = False,
        whiten: bool = False,
        inputCol: str = "features",
        outputCol: str = "pca",
    ) -> None:
        """Set the parameters."""
        super().__init__()
        self._set(**_given(self._input_kwargs))

    @keyword_only  # type: ignore[untyped-decorator]
    def setParams(self, **params: Any) -> "PCA":  # noqa: ANN401
        """Set parameters by name."""
        self._set(**_given(self._input_kwargs))
        return self

    def _fit(self, dataset: "DataFrame") -> "PCAModel":
        wanted = self.wanted()
        moments = gather_column(dataset, self.getInputCol())
        model: PCAModel = self._copyValues(
            PCAModel(fit(moments, components=wanted, **self.standards()))
        )
        return model


class PCAModel(PCAParams, Model, MLReadable, MLWritable):
    """A fitted PCA: turns vectors into coordinates and back, and takes in or forgets vectors.

    `transform` adds `outputCol`, of the kind of vectors that `inputCol` holds; nulls stay null.
    """

    def __init__(self, fitted: FittedPca) -> None:
        super().__init__()
        self.fitted = fitted

    @property
    def mean(self) -> Float64:
        """The vectors' mean, float64[d]."""
        return self.fitted.mean

    @property
    def components(self) -> Float64:
        """The components, float64[k, d]: orthonormal rows, the largest variance first."""
        return self.fitted.components

    @property
    def explainedVariance(self) -> Float64:
        """Each component's variance, float64[k], over n - 1 (Spark's own holds ratios here)."""
        return self.fitted.explained_variance

    @property
    def explainedVarianceRatio(self) -> Float64:
        """Each component's share of the variance, float64[k]."""
        return self.fitted.explained_variance_ratio

    @property
    def singularValues(self) -> Float64:
        """The singular values of the centred data, float64[k]."""
        return self.fitted.singular_values

    @property
    def noiseVariance(self) -> float:
        """The mean variance of the directions left out."""
        return self.fitted.noise_variance

    @property
    def nSamples(self) -> int:
        """The number of vectors fitted."""
        return self.fitted.n_samples

    def _transform(self, dataset: "DataFrame") -> "DataFrame":
        columns = (self.getInputCol(), self.getOutputCol())
        return with_scores(dataset, self.fitted, *columns)

    def inverse_transform(self, dataset: "DataFrame", outputCol: str = "restored") -> "DataFrame":
        """Add the vectors that the coordinates in this model's `outputCol` stand for."""
        return with_restored(dataset, self.fitted, self.getOutputCol(), outputCol)

    def reconstruction_error(
        self,
        dataset: "DataFrame",
        outputCol: str = "reconstruction_error",
    ) -> "DataFrame":
        """Add each vector's squared distance to what its coordinates restore."""
        return with_error(dataset, self.fitted, self.getInputCol(), outputCol)

    def update(self, dataset: "DataFrame") -> "PCAModel":
        """Return the model of what was fitted and of these vectors: equal to a fit on both.

        Only the new vectors are read; a share of variance may now need another k.
        """
        return self._refitted(m.merge(self.fitted.moments, self._moments(dataset)))

    def forget(self, dataset: "DataFrame") -> "PCAModel":
        """Return the model without these vectors, which were fitted before: equal to a refit.

        Raises InputError when they cannot have been a part of what was fitted.
        """
        return self._refitted(m.forget(self.fitted.moments, self._moments(dataset)))

    def toSparkML(self) -> "SparkPCAModel":
        """Return Spark's own PCAModel with the same components; it does not centre."""
        return export.to_spark(self)

    def toSklearn(self) -> Any:  # noqa: ANN401
        """Return a fitted scikit-learn PCA (after a StandardScaler in a Pipeline, if scaled)."""
        return export.to_sklearn(self.fitted)

    def toNumpy(self) -> dict[str, NDArray[Any]]:
        """Return plain arrays under scikit-learn's names, without the trailing underscore."""
        return export.to_numpy(self.fitted)

    def write(self) -> PCAModelWriter:
        """Return the writer: `model.write().overwrite().save(path)`."""
        return PCAModelWriter(self)

    @classmethod
    def read(cls) -> PCAModelReader:
        """Return the reader: `PCAModel.load(path)`."""
        return PCAModelReader(cls)

    def copy(self, extra: Any = None) -> "PCAModel":  # noqa: ANN401
        """Copy the parameters; the fitted arrays, which never change, are shared."""
        copied: PCAModel = super().copy(extra)
        copied.fitted = self.fitted
        return copied

    def _moments(self, dataset: "DataFrame") -> Moments:
        return gather_column(dataset, self.getInputCol())

    def _refitted(self, moments: Moments) -> "PCAModel":
        fitted = fit(moments, components=self.wanted(), **self.standards())
        model: PCAModel = self._copyValues(PCAModel(fitted))
        return model


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}
