"""Fruit photos in, a reduced feature matrix out: the public door of the package, lazy on purpose.

Importing `fruits` loads neither Spark nor TensorFlow, nor any other heavy library: a name of the
door is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from fruits.backends.choose import load_backend
    from fruits.config import Config
    from fruits.pipeline import run
    from fruits.report import figures
    from fruits.report.results import Results, read_results
    from fruits.spark.broadcast import broadcast_weights
    from fruits.spark.ml.featurizer import ImageFeaturizer
    from fruits.spark.ml.pca import PCA, PCAModel

__all__ = [
    "PCA",
    "Config",
    "ImageFeaturizer",
    "PCAModel",
    "Results",
    "__version__",
    "broadcast_weights",
    "figures",
    "load_backend",
    "read_results",
    "run",
]

_ROOMS = {
    "PCA": "fruits.spark.ml.pca",
    "PCAModel": "fruits.spark.ml.pca",
    "ImageFeaturizer": "fruits.spark.ml.featurizer",
    "Config": "fruits.config",
    "run": "fruits.pipeline",
    "Results": "fruits.report.results",
    "read_results": "fruits.report.results",
    "broadcast_weights": "fruits.spark.broadcast",
    "load_backend": "fruits.backends.choose",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Fetch a public name from the module that holds it."""
    if name == "figures":
        return import_module("fruits.report.figures")
    if name not in _ROOMS:
        raise AttributeError(f"module 'fruits' has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
