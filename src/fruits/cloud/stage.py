"""A folder made here, of a package or of wheels → the same folder in the cluster's storage."""

import getpass
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from fruits.errors import ConfigError
from fruits.models.cache import sha256_of
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


class Made(Protocol):
    """A folder under a name that tells its content, and its files, the manifest last."""

    @property
    def folder(self) -> Path:
        """Where it is on this disk."""
        ...

    @property
    def files(self) -> Sequence[Path]:
        """What travels."""
        ...


def staged(made: Made, stage: str) -> str:
    """Return the URI of the folder below `stage`."""
    return f"{stage.rstrip('/')}/{made.folder.name}"


def upload(made: Made, stage: str, *, note: Callable[[str], None]) -> str:
    """Bring the folder there and return its URI; the manifest goes last: with it, all is there.

    Raises OSError when the storage refuses.
    """
    place = Output(staged(made, stage))
    names = [path.relative_to(made.folder).as_posix() for path in made.files]
    if place.exists(names[-1]):
        return place.uri
    weight = sum(path.stat().st_size for path in made.files if path.is_file())
    note(f"upload: {weight / 1e6:,.0f} MB to {place.uri}")
    for path, name in zip(made.files, names, strict=True):
        with path.open("rb") as source, place.open_write(name) as target:
            shutil.copyfileobj(source, target, 8 * 1024 * 1024)
    return place.uri


def staged_file(file: Path, stage: str) -> str:
    """Return the URI below `stage` of a single file, a user's network, named by its content."""
    return f"{stage.rstrip('/')}/{sha256_of(file)[:12]}/{file.name}"


def upload_file(file: Path, stage: str) -> str:
    """Bring a single file there and return its URI."""
    folder, _, name = staged_file(file, stage).rpartition("/")
    place = Output(folder)
    if not place.exists(name):
        with file.open("rb") as source, place.open_write(name) as target:
            shutil.copyfileobj(source, target, 8 * 1024 * 1024)
    return f"{folder}/{name}"
