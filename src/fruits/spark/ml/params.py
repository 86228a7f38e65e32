"""The parameters that PCA and PCAModel share, declared the way pyspark.ml declares its own."""

from collections.abc import Callable
from typing import Any

from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasInputCol, HasOutputCol

from fruits.errors import ConfigError

DEFAULT_VARIANCE = 0.95


def declare(name: str, doc: str, converter: Callable[[Any], Any]) -> Any:  # noqa: ANN401
    """Make a Param that belongs to no instance yet, as pyspark.ml does in its class bodies."""
    return Param(Params._dummy(), name, doc, converter)


class PCAParams(HasInputCol, HasOutputCol):
    """`k` or `variance`, `center`, `scale`, `whiten`, `inputCol`, `outputCol`."""

    k = declare("k", "number of components to keep", TypeConverters.toInt)
    variance = declare(
        "variance",
        f"share of the variance to explain, in (0, 1]; {DEFAULT_VARIANCE} where k is not set",
        TypeConverters.toFloat,
    )
    center = declare("center", "subtract the mean first", TypeConverters.toBoolean)
    scale = declare(
        "scale",
        "divide each column by its standard deviation (over n - 1) first",
        TypeConverters.toBoolean,
    )
    whiten = declare(
        "whiten",
        "divide each coordinate by its standard deviation afterwards",
        TypeConverters.toBoolean,
    )

    def __init__(self, *args: Any) -> None:  # noqa: ANN401
        super().__init__(*args)
        self._setDefault(
            inputCol="features", outputCol="pca", center=True, scale=False, whiten=False
        )

    def wanted(self) -> int | float:
        """Return k (int) or the share of the variance (float); ConfigError when both are set."""
        if self.isDefined("k") and self.isDefined("variance"):
            raise ConfigError(
                f"k = {self.getOrDefault('k')} and variance = {self.getOrDefault('variance')} are "
                "both set: set one of them (`clear` unsets the other)"
            )
        if self.isDefined("k"):
            return int(self.getOrDefault("k"))
        return (
            float(self.getOrDefault("variance")) if self.isDefined("variance") else DEFAULT_VARIANCE
        )

    def standards(self) -> dict[str, bool]:
        """Return center, scale and whiten."""
        return {name: bool(self.getOrDefault(name)) for name in ("center", "scale", "whiten")}
