"""A recipe → what a package of it would hold, by name and version, without making one."""

from collections.abc import Collection

from fruits.cloud.dependencies import PYTHON, SPARK, lock_file
from fruits.cloud.package import Recipe
from fruits.cloud.spark_files import spark_versions
from fruits.cloud.wheels import name_of, pinned_for


def libraries(
    recipe: Recipe, *, python: str = PYTHON, only: Collection[str] | None = None
) -> list[str]:
    """Return NAME==VERSION of each library: the lock's for that platform and Python, and Spark's.

    `only` names those that are sent, all of them where it is None. Raises CloudError where the lock
    or the pyspark that would go in is missing.
    """
    lock = lock_file(recipe.extras).read_text(encoding="ascii")
    lines = pinned_for(recipe.platform, lock, python=python)
    found = [line.partition(" ")[0] for line in lines if only is None or name_of(line) in only]
    return found + (spark_versions() if SPARK in recipe.extras else [])
