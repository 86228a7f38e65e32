"""HDFS as an fsspec filesystem over hdfs-native, the Rust client that delta-rs uses too: no JVM.

Its own fsspec class reads paths as URLs (a name with `#` or `?` would be cut), and writes in place.
"""

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from fsspec import AbstractFileSystem
from hdfs_native import Client, WriteOptions

from fruits.storage.hdfs_cluster import open_client

Info = dict[str, Any]

_FOLDER_RIGHTS: Final = 0o755


class HdfsFiles(AbstractFileSystem):
    """The files of one HDFS; paths start with `/`.

    `authority` is `host:port`, the name of a nameservice, or "" for the default filesystem of the
    configuration in HADOOP_CONF_DIR, which is read in any case. Raises ConfigError where that tells
    of no cluster, and OSError for what fails.
    """

    protocol = "hdfs"
    root_marker = "/"

    def __init__(self, authority: str = "", **options: Any) -> None:
        super().__init__(authority, **options)
        self._authority = authority
        self._client = open_client(authority)

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        """Cut off scheme and authority; nothing in a path is ever decoded."""
        if path.startswith("hdfs://"):
            path = "/" + path.removeprefix("hdfs://").partition("/")[2]
        return path.rstrip("/") or cls.root_marker

    def info(self, path: str, **_: Any) -> Info:
        """Describe a file or folder."""
        with _errors(path):
            return _info(self._client.get_file_info(path))

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """List a folder; FileNotFoundError if there is none."""
        with _errors(path):
            found = [_info(status) for status in self._client.list_status(path, recursive=False)]
        return found if detail else [entry["name"] for entry in found]

    def cat_file(
        self, path: str, start: int | None = None, end: int | None = None, **_: Any
    ) -> bytes:
        """Return a file's bytes, or those from `start` to `end`."""
        with _errors(path):
            file = self._client.read(path)
            if start is None or end is None:
                return bytes(file.readall())
            length = max(min(end, len(file)) - start, 0)
            return bytes(file.read_range(start, length)) if length else b""

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:
        """Write a file that appears whole; mode "create" raises FileExistsError if there is one."""
        if mode == "create":
            with _errors(path), self._client.create(path, _options()) as file:
                file.write(value)
            return
        writer = _Writer(self._client, path)
        writer.write(value)
        writer.commit()

    def rm_file(self, path: str) -> None:
        """Remove a file; nothing happens if there is none."""
        with _errors(path):
            self._client.delete(path, recursive=False)

    def rmdir(self, path: str) -> None:
        """Remove an empty folder."""
        self.rm_file(path)

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        if mode == "rb":
            with _errors(path):
                return self._client.read(path)
        return _Writer(self._client, path)


class _Writer(io.RawIOBase):
    """A file written beside its place, and put there by `commit`."""

    def __init__(self, client: Client, path: str) -> None:
        self._client, self._path = client, path
        folder = path.rpartition("/")[0]
        self._temporary = f"{folder}/.{uuid.uuid4().hex}.tmp"
        with _errors(path):
            client.mkdirs(folder or "/", _FOLDER_RIGHTS, create_parent=True)
            self._file = client.create(self._temporary, _options())

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: Any) -> int:
        """Write the next piece."""
        with _errors(self._path):
            return int(self._file.write(bytes(data)))

    def commit(self) -> None:
        """Put the whole file in its place; an older one is replaced at once."""
        with _errors(self._path):
            self._file.close()
            self._client.rename(self._temporary, self._path, overwrite=True)

    def discard(self) -> None:
        """Remove what was written."""
        with _errors(self._path):
            self._file.close()
            self._client.delete(self._temporary, recursive=False)


def _options() -> WriteOptions:
    options = WriteOptions()
    options.overwrite, options.create_parent = False, True
    return options


def _info(status: Any) -> Info:
    return {
        "name": status.path,
        "type": "directory" if status.isdir else "file",
        "size": status.length,
        "mtime": status.modification_time / 1000,
    }


@contextmanager
def _errors(path: str) -> Iterator[None]:
    """Turn what the client raises into OSError, in a line that names the path."""
    try:
        yield
    except OSError as exc:
        raise type(exc)(f"{path}: {exc}") from exc
    except Exception as exc:
        if "already exists" in str(exc).lower():
            raise FileExistsError(f"{path} exists") from exc
        raise OSError(f"{path}: {str(exc).partition(chr(10))[0]}") from exc
