"""Turns what a user types (a path, `s3://`, `hdfs://`…) into one spelling and a filesystem."""

import os
import re
from typing import Final
from urllib.parse import unquote

import fsspec
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from fruits.errors import ConfigError

# Two letters at least, so that a Windows drive (C:\photos) is no scheme.
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)
_FILE: Final = re.compile(r"file:(?://(?:localhost)?)?(?=/)", re.IGNORECASE)
_S3: Final = frozenset({"s3", "s3a"})
_EXTRAS: Final = {"s3": "aws", "s3a": "aws", "hdfs": "hdfs"}


def canonical(uri: str) -> str:
    """Return the one spelling of `uri` that identifies a place.

    A local path or a `file://` URI becomes an absolute path without symlinks, `..` or trailing
    slash; any other URI keeps its spelling, less trailing slashes. A plain path is never decoded
    (`a%20b` is a name); a `file://` URI is, percent escapes being part of it (RFC 8089).
    Raises ConfigError for an empty text or one that no system can hold as a path.
    """
    path = _local_path(uri)
    if path is None:
        scheme, rest = _split(uri)
        return f"{scheme}://{rest.rstrip('/')}"
    if not path or "\0" in path:
        raise ConfigError(f"{uri!r} is no path: give a folder, a .zip file or a URI like s3://…")
    return os.path.realpath(path).replace(os.sep, "/")


def filesystem(uri: str) -> tuple[AbstractFileSystem, str]:
    """Return the filesystem that holds `uri`, and its path there.

    Raises ConfigError when the scheme is unknown or its library is not installed.
    """
    place = canonical(uri)
    scheme, _ = _split(place)
    if not scheme:
        return LocalFileSystem(), place
    try:
        found = _open(scheme, place)
    except (ImportError, ValueError) as exc:
        raise ConfigError(f"cannot open {uri}: {_remedy(scheme, exc)}") from exc
    return found, str(found._strip_protocol(place))


def _open(scheme: str, place: str) -> AbstractFileSystem:
    if scheme in _S3:
        from fruits.storage.s3 import S3Files

        return S3Files()
    if scheme == "hdfs":
        from fruits.storage.hdfs import HdfsFiles

        return HdfsFiles(_split(place)[1].partition("/")[0])
    # No cache of listings: workers and other runs write what this process has listed before.
    return fsspec.filesystem(scheme, use_listings_cache=False)


def storage_options(uri: str) -> dict[str, str]:
    """Return what delta-rs must be told to reach the storage of `uri` as `filesystem` does."""
    if _split(canonical(uri))[0] not in _S3:
        return {}
    from fruits.storage.aws import delta_options

    return delta_options(uri)


def is_local(fs: AbstractFileSystem) -> bool:
    """Tell whether `fs` is this machine's disk."""
    return isinstance(fs, LocalFileSystem)


def _local_path(uri: str) -> str | None:
    """Return the path that `uri` names on this machine, None when it is elsewhere."""
    if prefix := _FILE.match(uri):
        return unquote(uri[prefix.end() :])
    return None if _split(uri)[0] else uri


def _split(uri: str) -> tuple[str, str]:
    """Cut `uri` into its scheme ("" for a plain path) and the rest."""
    found = _SCHEME.fullmatch(uri)
    return (found[1].lower(), found[2]) if found else ("", uri)


def _remedy(scheme: str, exc: Exception) -> str:
    if scheme in _EXTRAS:
        return f"run `pip install 'fruits[{_EXTRAS[scheme]}]'` ({exc})"
    if isinstance(exc, ImportError):
        return f"the library for {scheme}:// is not installed ({exc})"
    return f"the scheme {scheme}:// is unknown: use a local path, file://, s3:// or hdfs://"
