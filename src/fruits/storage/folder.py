"""Lists and reads the images of a folder, on disk or in an object store, in one same order."""

import os
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from fsspec import AbstractFileSystem

from fruits.errors import InputError
from fruits.images.formats import is_image_path
from fruits.storage.source import DISK, NETWORK, ImageRef, paged
from fruits.storage.uri import canonical, filesystem, is_local


class Entry(NamedTuple):
    """A line of a folder's listing; `path` is relative to the source's root, "/"-separated."""

    path: str
    is_folder: bool
    size: int = 0
    modified: int | None = None
    etag: str = ""


class FolderSource:
    """The images below a folder (or the one image at `uri`, if `single`); see `Source`."""

    def __init__(self, uri: str, *, single: bool = False) -> None:
        self.uri = canonical(uri)
        self._fs, path = filesystem(uri)
        self._local = is_local(self._fs)
        self.reading = DISK if self._local else NETWORK
        self._root, _, self._only = path.rpartition("/") if single else (path.rstrip("/"), "", "")

    def pages(self, *, split: str | None = None) -> Iterator[list[ImageRef]]:
        """Yield the images sorted by path; InputError names a folder that cannot be listed."""
        return paged(self._walk(), split=split)

    def read(self, ref: ImageRef) -> bytes:
        """Return the bytes of one image; raises OSError when they cannot be read."""
        if not self._local:
            return bytes(self._fs.cat_file(f"{self._root}/{ref.path}"))
        try:
            return _read_file(f"{self._root}/{ref.path}")
        except FileNotFoundError:
            if (spelt := _undo_escapes(ref.path)) == ref.path:
                raise
            return _read_file(f"{self._root}/{spelt}")

    def _walk(self) -> Iterator[ImageRef]:
        if not self._only and hasattr(self._fs, "objects"):
            return self._flat()
        return self._tree()

    def _flat(self) -> Iterator[ImageRef]:
        """List an object store: keys come sorted, a page at a time, and there are no folders."""
        try:
            for info in self._fs.objects(self._root):
                entry = _entry(info, path=info["name"][len(self._root) + 1 :])
                if is_image_path(entry.path):
                    yield _ref(entry)
        except OSError as exc:
            raise _unlisted(self._root, exc) from exc

    def _tree(self) -> Iterator[ImageRef]:
        pending = [self._one()] if self._only else self._list("")
        while pending:
            entry = pending.pop()
            # A folder in which no name would be an image (.git, __MACOSX) is not even opened.
            if entry.is_folder and is_image_path(f"{entry.path}/a.jpg"):
                pending.extend(self._list(entry.path))
            elif not entry.is_folder and is_image_path(entry.path):
                yield _ref(entry)

    def _one(self) -> Entry:
        return _entry(self._fs.info(f"{self._root}/{self._only}"), path=self._only)

    def _list(self, folder: str) -> list[Entry]:
        """List one folder, last path first: popping entries gives all paths in sorted order."""
        try:
            found = _scan(self._root, folder) if self._local else _ls(self._fs, self._root, folder)
        except OSError as exc:
            raise _unlisted(f"{self._root}/{folder}".rstrip("/"), exc) from exc
        found.sort(key=lambda entry: entry.path + "/" * entry.is_folder, reverse=True)
        return found


def _ref(entry: Entry) -> ImageRef:
    return ImageRef(_escape(entry.path), entry.size, entry.modified, entry.etag)


def _unlisted(place: str, exc: OSError) -> InputError:
    return InputError(
        f"cannot list the folder {place}: {exc}; its images would be missing, "
        "so make it readable or move it out of the input"
    )


def _scan(root: str, folder: str) -> list[Entry]:
    """List a folder of this machine, following symlinks that do not lead back to where we are."""
    prefix = f"{folder}/" if folder else ""
    entries = []
    with os.scandir(f"{root}/{folder}") as listing:
        for item in listing:
            path = prefix + item.name
            if _is_folder(item):
                if not (item.is_symlink() and _loops(root, path)):
                    entries.append(Entry(path, True))
            elif is_image_path(path) and (found := _stat(item)):
                entries.append(Entry(path, False, found.st_size, found.st_mtime_ns // 1000))
    return entries


def _is_folder(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir()
    except OSError:  # a symlink to itself
        return False


def _stat(item: os.DirEntry[str]) -> os.stat_result | None:
    """Return the file's size and time, the link's own if it is broken, None for a pipe or device.

    A broken link stays in the listing so that its reading fails, and the image is a known reject.
    """
    try:
        found = item.stat()
    except OSError:
        return item.stat(follow_symlinks=False)
    return found if stat.S_ISREG(found.st_mode) else None


def _loops(root: str, path: str) -> bool:
    """Tell whether the symlink at `path` leads to one of the folders that lead to it."""
    target = Path(root, path).stat()
    parts = path.split("/")
    above = (Path(root, *parts[:depth]) for depth in range(len(parts)))
    return any(os.path.samestat(target, folder.stat()) for folder in above)


def _ls(fs: AbstractFileSystem, root: str, folder: str) -> list[Entry]:
    """List a folder of an object store."""
    place = f"{root}/{folder}".rstrip("/")
    # Some stores hold an empty object as a folder's marker: it lists itself as its own child.
    return [
        _entry(info, path=info["name"].rstrip("/")[len(root) :].lstrip("/"))
        for info in fs.ls(place, detail=True)
        if info["name"].rstrip("/") != place
    ]


def _entry(info: dict[str, Any], *, path: str) -> Entry:
    modified = next(
        (info[key] for key in ("LastModified", "mtime", "created") if key in info), None
    )
    if isinstance(modified, datetime):
        modified = (modified if modified.tzinfo else modified.replace(tzinfo=UTC)).timestamp()
    return Entry(
        path,
        info["type"] == "directory",
        size=int(info.get("size") or 0),
        modified=None if modified is None else round(modified * 1_000_000),
        etag=str(info.get("ETag") or "").strip('"'),
    )


def _read_file(path: str) -> bytes:
    # Unbuffered: one open, one read; half the time of Path.read_bytes for a small file.
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        return file.readall()


def _escape(path: str) -> str:
    r"""Spell the bytes of a name that is not UTF-8 as \udcXX: a table holds nothing but text."""
    return path.encode("utf-8", "backslashreplace").decode()


def _undo_escapes(path: str) -> str:
    return re.sub(r"\\udc([89a-f][0-9a-f])", lambda found: chr(0xDC00 + int(found[1], 16)), path)
