"""The folder where weights and frozen networks are kept between runs, and files' digests."""

import contextlib
import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from fruits.errors import ModelError


def cache_folder() -> Path:
    """Return `FRUITS_CACHE`, else `$XDG_CACHE_HOME/fruits`, else `~/.cache/fruits`.

    The folder may not exist yet (https://specifications.freedesktop.org/basedir-spec).
    """
    own = os.environ.get("FRUITS_CACHE")
    if own:
        return Path(own).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared).expanduser() if shared else Path.home() / ".cache") / "fruits"


def packaged_folder() -> Path | None:
    """Return the networks that came with a cluster's package, laid out like the cache, if any did.

    `FRUITS_PACKAGED` names the folder; the launcher inside the package sets it.
    """
    named = os.environ.get("FRUITS_PACKAGED")
    return Path(named) if named else None


def sha256_of(path: Path) -> str:
    """Return the hex sha256 of a file; ModelError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise ModelError(f"{path} cannot be read ({exc.strerror}): check path and rights") from exc


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file that its readers see whole or not at all; ModelError when it cannot be."""
    with replacing(path) as partial:
        partial.write_bytes(content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a new path beside `path`, with its suffixes, which takes its place on success."""
    partial = path.with_name(f".{uuid.uuid4().hex}.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except OSError as exc:
        raise ModelError(
            f"{path} cannot be written ({exc}): set FRUITS_CACHE to a folder with room and rights"
        ) from exc
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
