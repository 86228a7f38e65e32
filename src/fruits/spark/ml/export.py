"""A fitted PCA for other libraries: Spark's own PCAModel, scikit-learn, plain arrays."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pyspark.ml.feature import PCAModel as SparkPCAModel
from pyspark.ml.linalg import DenseMatrix, DenseVector
from pyspark.sql import SparkSession

from fruits.errors import ConfigError, RunnerError
from fruits.reduction.pca import FittedPca
from fruits.spark.session import classic_context

if TYPE_CHECKING:
    from fruits.spark.ml.pca import PCAModel


def to_spark(model: "PCAModel") -> SparkPCAModel:
    """Make Spark's PCAModel with the same components and ratios, columns and all.

    Its `transform` is `components · x`: it subtracts no mean, so each coordinate is ours plus a
    constant. Raises ConfigError for a scaled or whitened model, which it cannot express, and
    RunnerError on Spark Connect.
    """
    from pyspark.ml.common import _py2java
    from pyspark.ml.wrapper import JavaParams

    fitted = model.fitted
    if fitted.whiten or (fitted.divisors != 1).any():
        raise ConfigError("Spark's PCAModel can neither scale nor whiten: fit without both")
    session = SparkSession.getActiveSession()
    context = classic_context(session) if session else None
    if context is None:
        raise RunnerError("a PCAModel of Spark lives in the JVM: start a classic Spark session")
    kept, width = fitted.components.shape
    # A column-major d × k matrix has the same numbers in a row as our row-major k × d.
    columns = DenseMatrix(width, kept, fitted.components.ravel())
    made = JavaParams._new_java_obj(
        "org.apache.spark.ml.feature.PCAModel",
        model.uid,
        _py2java(context, columns),
        _py2java(context, DenseVector(fitted.explained_variance_ratio)),
    )
    spark_model = SparkPCAModel(made)
    spark_model._set(k=kept, inputCol=model.getInputCol(), outputCol=model.getOutputCol())
    return spark_model


def to_sklearn(fitted: FittedPca) -> Any:  # noqa: ANN401
    """Make a fitted sklearn PCA; in a Pipeline after a fitted StandardScaler where we scale.

    Raises ConfigError when scikit-learn is not installed.
    """
    try:
        from sklearn.decomposition import PCA
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    except ImportError as exc:
        raise ConfigError(
            f"scikit-learn cannot be imported ({exc}): pip install scikit-learn"
        ) from exc
    scaled = bool((fitted.divisors != 1).any())
    made = PCA(n_components=len(fitted.components), whiten=fitted.whiten, svd_solver="full")
    for name, value in to_numpy(fitted).items():
        setattr(made, f"{name}_", value)
    made.n_features_in_ = fitted.mean.size
    made.mean_ = np.zeros_like(fitted.offset) if scaled else fitted.offset
    if not scaled:
        return made
    scaler = StandardScaler(with_mean=bool(fitted.offset.any()))
    scaler.mean_, scaler.scale_ = fitted.offset, fitted.divisors
    scaler.var_, scaler.n_samples_seen_ = fitted.divisors**2, fitted.n_samples
    scaler.n_features_in_ = fitted.mean.size
    return make_pipeline(scaler, made)


def to_numpy(fitted: FittedPca) -> dict[str, NDArray[Any]]:
    """Name the arrays as scikit-learn does, without the trailing underscore."""
    return {
        "mean": fitted.offset,
        "scale": fitted.divisors,
        "components": fitted.components,
        "explained_variance": fitted.explained_variance,
        "explained_variance_ratio": fitted.explained_variance_ratio,
        "singular_values": fitted.singular_values,
        "noise_variance": np.asarray(fitted.noise_variance),
        "n_samples": np.asarray(fitted.n_samples),
        "n_components": np.asarray(len(fitted.components)),
    }
