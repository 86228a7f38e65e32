"""A package's folder on this disk → the same folder in the cluster's storage."""

import getpass
import os
import shutil
from collections.abc import Callable

from fruits.cloud.package import MANIFEST, Package
from fruits.errors import ConfigError
from fruits.storage.output import Output
from fruits.storage.uri import canonical


def default_stage(output_uri: str) -> str:
    """Name the place for packages in the storage of an output: its HDFS home, or its bucket."""
    scheme, _, rest = canonical(output_uri).partition("://")
    authority = rest.partition("/")[0]
    if scheme == "hdfs":
        return f"hdfs://{authority}/user/{_user()}/.fruits/packages"
    if scheme in {"s3", "s3a"}:
        return f"{scheme}://{authority}/fruits/packages"
    raise ConfigError(
        f"{output_uri} is neither in HDFS nor in S3: say with --stage where packages lie"
    )


def _user() -> str:
    """Name who we are to HDFS."""
    return os.environ.get("HADOOP_USER_NAME") or getpass.getuser()


def staged(package: Package, stage: str) -> str:
    """Return the URI of the package's folder below `stage`."""
    return f"{stage.rstrip('/')}/{package.folder.name}"


def upload(package: Package, stage: str, *, note: Callable[[str], None]) -> str:
    """Bring the package there and return its folder's URI; the manifest goes last.

    Raises OSError when the storage refuses.
    """
    place = Output(staged(package, stage))
    if place.exists(MANIFEST):
        return place.uri
    note(f"package: {package.manifest.archive_bytes / 1e6:,.0f} MB to {place.uri}")
    for path in package.files:
        with path.open("rb") as source, place.open_write(path.name) as target:
            shutil.copyfileobj(source, target, 8 * 1024 * 1024)
    return place.uri
