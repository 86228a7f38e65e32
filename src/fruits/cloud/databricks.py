"""What a workspace of Databricks receives: an asset bundle, and what its clusters install."""

from pathlib import Path
from typing import Final

from fruits.cloud.package import Recipe
from fruits.cloud.wheelhouse import Kind, Wheelhouse, build_wheelhouse
from fruits.errors import ConfigError

RUNTIME: Final = "17.3.x-scala2.13"
"""The one Databricks Runtime that the wheels are for: 17.3 LTS, with Spark 4.0 and Python 3.12."""

PYTHON: Final = "3.12"

SHIPPED: Final = frozenset(
    {
        "arro3-core",
        "cykooz-resizer",
        "deltalake",
        "deprecated",
        "flatbuffers",
        "fsspec",
        "loky",
        "obstore",
        "onnxruntime",
        "simplejpeg",
    }
)
"""What that runtime lacks, or has too old: fsspec of 2023, and deprecated, for deltalake."""

OF_THE_RUNTIME: Final = {
    "botocore": "1.36.3",
    "click": "8.1.7",
    "cloudpickle": "3.0.0",
    "jmespath": "1.0.1",
    "markdown-it-py": "2.2.0",
    "mdurl": "0.1.0",
    "numpy": "2.1.3",
    "packaging": "24.2",
    "pillow": "11.1.0",
    "protobuf": "5.29.4",
    "psutil": "5.9.0",
    "pyarrow": "19.0.1",
    "pygments": "2.15.1",
    "python-dateutil": "2.9.0.post0",
    "rich": "13.9.4",
    "six": "1.16.0",
    "typing-extensions": "4.12.2",
    "urllib3": "2.3.0",
    "wrapt": "1.17.0",
}
"""What stays the runtime's: its Spark, pandas and notebooks are built and tried with these."""

NOT_NEEDED: Final = frozenset({"argcomplete", "hdfs-native"})
"""Of the lock, what only HDFS needs."""

BUNDLE: Final = ("databricks.yml", "job.yml", "policies.yml", "launch.py")
INSTALL: Final = "install.sh"

DATABRICKS: Final = Kind(
    "databricks",
    PYTHON,
    tuple(f"databricks/{name}" for name in (*BUNDLE, INSTALL)),
    only=SHIPPED,
)


def build_bundle(recipe: Recipe, output: Path) -> Wheelhouse:
    """Build the folder, or find it in `output`, under a name that tells its content.

    Raises ConfigError for what the bundle's clusters cannot have, CloudError for wheels that are
    missing, ModelError for weights that are.
    """
    check_recipe(recipe)
    return build_wheelhouse(recipe, output, DATABRICKS)


def check_recipe(recipe: Recipe) -> None:
    """Refuse what the bundle's clusters cannot have; raises ConfigError with the remedy."""
    if recipe.platform != "linux-x86_64":
        raise ConfigError(
            f"--for databricks makes no package for {recipe.platform}: the policy of the bundle "
            "allows machines of x86_64 only"
        )
    if recipe.extras:
        raise ConfigError(
            f"--for databricks makes no package --with {', '.join(sorted(recipe.extras))}: next to "
            "the libraries of the runtime that was not tried; networks travel frozen"
        )
