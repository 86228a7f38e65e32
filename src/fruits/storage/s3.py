"""S3 and what speaks like it, as an fsspec filesystem over obstore, the Rust client.

Chosen by measurement (`benchmarks/s3_clients.py`, decision 0017): with 20 ms before every answer
and 64 threads, a GET costs obstore 0.16 ms of processor, boto3 1.7 and s3fs 2.5, and that processor
is the one that the network needs.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

import obstore
from botocore.exceptions import BotoCoreError, ClientError
from fsspec import AbstractFileSystem
from fsspec.spec import AbstractBufferedFile
from obstore import exceptions
from obstore.store import S3Store

from fruits.storage.aws import client, endpoint, region_of
from fruits.storage.credentials import Credentials, unsigned

PAGE_KEYS: Final = 1000

# Throttling, resets and timeouts: exponential backoff with jitter, at most so often and so long.
RETRIES: Final[Any] = {
    "max_retries": 10,
    "retry_timeout": timedelta(minutes=3),
    "backoff": {
        "base": 2,
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=15),
    },
}
_TIMEOUTS: Final = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=60)}

Info = dict[str, Any]


class S3Files(AbstractFileSystem):
    """Buckets and their objects; a path is `bucket/key`.

    Raises OSError (FileNotFoundError, PermissionError…) when a request still fails after RETRIES.
    Safe to use from many threads; not across a fork.
    """

    protocol = ("s3", "s3a")

    def cat_file(
        self, path: str, start: int | None = None, end: int | None = None, **_: Any
    ) -> bytes:
        """Return an object's bytes, or those from `start` to `end`."""
        bucket, key = _cut(path)
        if _is_odd(key):
            return _get_odd(bucket, key)
        with _errors(path):
            if start is None and end is None:
                return bytes(obstore.get(_store(bucket), key).bytes())
            assert start is not None
            assert end is not None
            return bytes(obstore.get_range(_store(bucket), key, start=start, end=end))

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:
        """Write an object; mode "create" (If-None-Match) raises FileExistsError if there is one."""
        bucket, key = _cut(path)
        with _errors(path):
            wanted: Any = "create" if mode == "create" else "overwrite"
            obstore.put(_store(bucket), key, value, mode=wanted)

    def rm_file(self, path: str) -> None:
        """Remove an object; nothing happens if there is none."""
        bucket, key = _cut(path)
        with _errors(path):
            obstore.delete(_store(bucket), key)

    def info(self, path: str, **_: Any) -> Info:
        """Describe an object, or a "folder": a prefix of at least one key."""
        bucket, key = _cut(path)
        with _errors(path):
            if key:
                try:
                    return _file(bucket, obstore.head(_store(bucket), key))
                except (exceptions.NotFoundError, FileNotFoundError):
                    pass
        if next(self.objects(path), None):
            return _folder(f"{bucket}/{key}".rstrip("/"))
        raise FileNotFoundError(f"nothing at s3://{bucket}/{key}")

    def isfile(self, path: str) -> bool:
        """Tell whether there is an object; a storage that fails is not taken for a missing one."""
        try:
            return bool(self.info(path)["type"] == "file")
        except FileNotFoundError:
            return False

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """List the objects and folders of a folder; FileNotFoundError if there are none."""
        bucket, key = _cut(path)
        with _errors(path):
            found = obstore.list_with_delimiter(_store(bucket), prefix=key or None)
        entries = [_folder(f"{bucket}/{name}") for name in found["common_prefixes"]]
        entries += [_file(bucket, item) for item in found["objects"]]
        if not entries:
            raise FileNotFoundError(f"nothing at s3://{bucket}/{key}")
        return entries if detail else [entry["name"] for entry in entries]

    def objects(self, path: str) -> Iterator[Info]:
        """Yield the objects below a folder in the order of their keys (UTF-8), page by page."""
        bucket, key = _cut(path)
        last = ""
        try:
            for page in obstore.list(_store(bucket), prefix=key or None, chunk_size=PAGE_KEYS):
                for item in page:
                    last = item["path"]
                    yield _file(bucket, item)
        except exceptions.BaseError:
            # Keys like a//b or a/./b are none to obstore: botocore lists on, or says what is wrong.
            yield from _list_odd(bucket, key, after=last)

    def find(self, path: str, **_: Any) -> list[str]:
        """List all objects below a folder."""
        return [info["name"] for info in self.objects(path)]

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        if mode == "rb":
            return _Reader(self, path, mode, cache_type="none", size=options.get("size"))
        return _Writer(path)


class _Reader(AbstractBufferedFile):
    def _fetch_range(self, start: int, end: int) -> bytes:
        return bytes(self.fs.cat_file(self.path, start=start, end=end))


class _Writer(io.RawIOBase):
    """An object written piece by piece (a multipart upload where it is long); see `Output`."""

    def __init__(self, path: str) -> None:
        self._path = path
        bucket, key = _cut(path)
        with _errors(path):
            self._upload = obstore.open_writer(_store(bucket), key)

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: Any) -> int:
        """Send the next piece."""
        with _errors(self._path):
            self._upload.write(data)
        return len(data)

    def commit(self) -> None:
        """Let the object appear."""
        with _errors(self._path):
            self._upload.close()

    def discard(self) -> None:
        """Give up; S3 keeps the pieces until its lifecycle rule for unfinished uploads strikes."""


def _cut(path: str) -> tuple[str, str]:
    bucket, _, key = S3Files._strip_protocol(path).partition("/")
    return bucket, key


def _file(bucket: str, item: Any) -> Info:
    return {
        "name": f"{bucket}/{item['path']}",
        "type": "file",
        "size": item["size"],
        "LastModified": item["last_modified"],
        "ETag": item["e_tag"],
    }


def _folder(name: str) -> Info:
    return {"name": name, "type": "directory", "size": 0}


def _is_odd(key: str) -> bool:
    """Tell whether a key is none to obstore, whose paths have no empty, "." or ".." segments."""
    return any(segment in {"", ".", ".."} for segment in key.split("/"))


def _get_odd(bucket: str, key: str) -> bytes:
    with _errors(f"{bucket}/{key}"):
        return bytes(client(region_of(bucket)).get_object(Bucket=bucket, Key=key)["Body"].read())


def _list_odd(bucket: str, key: str, *, after: str) -> Iterator[Info]:
    pages = client(region_of(bucket)).get_paginator("list_objects_v2")
    with _errors(f"{bucket}/{key}"):
        for page in pages.paginate(
            Bucket=bucket, Prefix=f"{key}/" if key else "", StartAfter=after
        ):
            for item in page.get("Contents", ()):
                yield {
                    "name": f"{bucket}/{item['Key']}",
                    "type": "file",
                    "size": item["Size"],
                    "LastModified": item["LastModified"],
                    "ETag": item["ETag"],
                }


def _store(bucket: str) -> S3Store:
    return _open_store(bucket, endpoint(), unsigned())


@lru_cache(maxsize=64)
def _open_store(bucket: str, url: str | None, public: bool) -> S3Store:
    http: Any = {**_TIMEOUTS, "allow_http": bool(url and url.startswith("http://"))}
    options: dict[str, Any] = {"skip_signature": True} if public else {}
    if not public:
        options["credential_provider"] = Credentials()
    if url:
        options |= {"endpoint": url, "virtual_hosted_style_request": False}
    return S3Store(
        bucket,
        region=region_of(bucket),
        client_options=http,
        retry_config=RETRIES,
        **options,
    )


@contextmanager
def _errors(path: str) -> Iterator[None]:
    """Turn what the clients raise into OSError, in a line that names the object."""
    try:
        yield
    except (exceptions.NotFoundError, FileNotFoundError) as exc:
        raise FileNotFoundError(f"nothing at s3://{path}") from exc
    except (exceptions.AlreadyExistsError, FileExistsError) as exc:
        raise FileExistsError(f"s3://{path} exists") from exc
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as exc:
        raise PermissionError(f"s3://{path}: access denied ({_first_line(exc)})") from exc
    except (exceptions.BaseError, BotoCoreError, ClientError) as exc:
        raise OSError(f"s3://{path}: {_first_line(exc)}") from exc


def _first_line(exc: Exception) -> str:
    """Drop obstore's "Debug source" and the like."""
    return str(exc).strip().partition("\n")[0]
