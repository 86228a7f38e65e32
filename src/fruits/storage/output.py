"""Reads and writes the small files of one output folder, on disk or in an object store."""

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final, Literal

from fruits.errors import ConfigError
from fruits.storage.uri import canonical, filesystem, is_local

CLAIM: Final = "_fruits/output.json"
CLAIM_FORMAT: Final = 1

Holds = Literal["features", "images"]
"""What an output is for: features and what is made of them, or packed images."""


class Output:
    """The folder at `uri`. Names are relative to it, `/`-separated; folders appear as needed.

    A write replaces a file at once or not at all: on disk by renaming a hidden temporary file of
    the same folder, in an object store because an upload shows only when it is complete.
    """

    def __init__(self, uri: str) -> None:
        self.uri = canonical(uri)
        self.fs, root = filesystem(uri)
        self._root = root.rstrip("/")
        self._local = is_local(self.fs)

    def uri_of(self, name: str) -> str:
        """Return the URI of a file of this output: a plain absolute path on disk."""
        return f"{self.uri.rstrip('/')}/{name}"

    def path_of(self, name: str) -> str:
        """Return the path of a file of this output as `fs` spells it."""
        return f"{self._root}/{name}"

    def read(self, name: str) -> bytes | None:
        """Return a file's bytes, None if there is no such file."""
        try:
            return bytes(self.fs.cat_file(self.path_of(name)))
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write a small file in one go; if that fails, an older file of that name is untouched."""
        if not self._local:
            self.fs.pipe_file(self.path_of(name), data)
            return
        with self.open_write(name) as file:
            file.write(data)

    def create(self, name: str, data: bytes) -> bool:
        """Write a small file if there is none of that name; tell whether this call made it.

        Atomic: of several callers at once one succeeds. (In an object store by a conditional PUT.)
        """
        path = self.path_of(name)
        try:
            if not self._local:
                self.fs.pipe_file(path, data, mode="create")
                return True
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            with Path(path).open("xb") as file:
                file.write(data)
        except FileExistsError:
            return False
        return True

    @contextmanager
    def open_write(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file to write it piece by piece; it appears, whole, when the block ends well."""
        opened = self._open_local(name) if self._local else self._open_remote(name)
        with opened as file:
            yield file

    def names(self, folder: str) -> list[str]:
        """List the files and folders of a folder, sorted; empty if there is no such folder."""
        return [name for name in self._list(folder) if not is_unfinished(name)]

    def unfinished(self, folder: str) -> list[str]:
        """List the files of a folder that writers who died have left behind."""
        return [name for name in self._list(folder) if is_unfinished(name)]

    def files(self) -> list[str]:
        """List all the files of the output, unfinished ones too, sorted."""
        root = self._root.rstrip("/")
        self.fs.invalidate_cache(root)
        return sorted(path[len(root) + 1 :] for path in self.fs.find(root))

    def size(self, name: str) -> int:
        """Return a file's size in bytes; raises FileNotFoundError if there is none."""
        return int(self.fs.info(self.path_of(name))["size"])

    def _list(self, folder: str) -> list[str]:
        path = self.path_of(folder).rstrip("/")
        self.fs.invalidate_cache(path)
        try:
            found = self.fs.ls(path, detail=False)
        except FileNotFoundError:
            return []
        return sorted({entry.rstrip("/").rpartition("/")[2] for entry in found if entry != path})

    def remove(self, name: str) -> None:
        """Remove a file; nothing happens if there is none."""
        try:
            self.fs.rm_file(self.path_of(name))
        except FileNotFoundError:
            return

    def exists(self, name: str) -> bool:
        """Tell whether there is such a file."""
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def remove_folder(self, name: str) -> None:
        """Remove an empty folder; nothing happens where there is none, or to one in use."""
        if self._local:
            with suppress(OSError):
                Path(self.path_of(name)).rmdir()

    def free_bytes(self) -> int | None:
        """Return the bytes that still fit, None for an object store, which has no limit."""
        if not self._local:
            return None
        folder = Path(self._root or "/")
        return shutil.disk_usage(next(p for p in (folder, *folder.parents) if p.exists())).free

    def holds(self) -> Holds | None:
        """Tell what this output is for; None where there is none yet, or its claim is damaged."""
        claim = self._claimed()
        if claim is None:
            return None
        return "images" if claim.get("holds") == "images" else "features"

    def owner(self) -> str | None:
        """Return the canonical URI of the input that owns this output, None if there is none."""
        claim = self._claimed()
        return None if claim is None else claim.get("input")

    def claim(self, input_uri: str, *, holds: Holds = "features") -> None:
        """Make this output belong to one input, for good.

        Raises ConfigError if it belongs to another one or holds something else, if one lies inside
        the other, or if nothing can be written here.
        """
        source = canonical(input_uri)
        _refuse_overlap(source, self.uri)
        try:
            packed = self.read(CLAIM)
            if packed is None:
                claim = {"input": source, "format": CLAIM_FORMAT, "holds": holds}
                self.write(CLAIM, json.dumps(claim, indent=1).encode())
                return
        except OSError as exc:
            raise ConfigError(f"cannot write to {self.uri}: {exc}; check --output") from exc
        self._check_claim(packed, source)
        if (held := self.holds()) != holds:
            raise ConfigError(f"{self.uri} holds {held}, not {holds}: choose another --output")

    def _claimed(self) -> dict[str, Any] | None:
        """Read whose this output is, None where nobody has claimed it, or the claim is damaged."""
        try:
            claim = json.loads(self.read(CLAIM) or b"")
        except ValueError:
            return None
        return claim if isinstance(claim, dict) else None

    def _check_claim(self, packed: bytes, source: str) -> None:
        place = self.uri_of(CLAIM)
        try:
            owner, version = (json.loads(packed)[key] for key in ("input", "format"))
        except (ValueError, KeyError, TypeError) as exc:
            raise ConfigError(f"{place} is damaged: choose another --output, or remove it") from exc
        if version != CLAIM_FORMAT:
            raise ConfigError(
                f"{self.uri} has format {version!r}, this fruits writes {CLAIM_FORMAT}: "
                "use the fruits that made it, or choose another --output"
            )
        if owner != source:
            raise ConfigError(
                f"{self.uri} holds the results of {owner}, not of {source}: choose another "
                f"--output; if the input has only moved, correct its place in {place}"
            )

    @contextmanager
    def _open_local(self, name: str) -> Iterator[IO[bytes]]:
        target = Path(self.path_of(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{uuid.uuid4().hex}.tmp")
        try:
            with temporary.open("xb") as file:
                yield file
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)

    @contextmanager
    def _open_remote(self, name: str) -> Iterator[IO[bytes]]:
        file = self.fs.open(self.path_of(name), "wb", autocommit=False)
        try:
            yield file
            file.close()
        except BaseException:
            file.discard()
            raise
        file.commit()


def is_unfinished(name: str) -> bool:
    """Tell by its name whether a file is one that is, or was, being written."""
    return name.startswith(".") and name.endswith(".tmp")


def _refuse_overlap(source: str, output: str) -> None:
    """Keep results out of the listing of images, and images out of what a clean-up removes."""
    inner, outer = sorted((source.rstrip("/") + "/", output.rstrip("/") + "/"), key=len)[::-1]
    if inner.startswith(outer):
        raise ConfigError(
            f"--input {source} and --output {output} lie one inside the other: "
            "choose an output folder outside the input, for instance beside it"
        )
