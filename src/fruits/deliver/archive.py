"""Members → one .zip that is whole or not there: equal members make equal bytes."""

import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Final

from fruits.errors import ConfigError, FruitsError
from fruits.storage.output import Output

_CHUNK: Final = 2**20
_UNIX: Final = 3
_PACKED_ALREADY: Final = (".jpg", ".jpeg", ".parquet", ".pdf", ".png", ".pptx", ".webp")
"""Deflate would take its time and gain nothing."""


@dataclass(frozen=True)
class Member:
    """A file of the archive: its name there, its bytes' number, and how to read them."""

    name: str
    size: int
    open: Callable[[], AbstractContextManager[IO[bytes]]]

    @classmethod
    def of_bytes(cls, name: str, content: bytes) -> "Member":
        """Make a member of what is in memory."""
        return cls(name, len(content), lambda: io.BytesIO(content))

    @classmethod
    def of_file(cls, name: str, path: Path) -> "Member":
        """Make a member of a file on this machine."""
        return cls(name, path.stat().st_size, lambda: path.open("rb"))

    @classmethod
    def of_output(cls, name: str, output: Output, file: str) -> "Member":
        """Make a member of a file of an output, on disk or in an object store."""
        return cls(name, output.size(file), lambda: output.fs.open(output.path_of(file), "rb"))


@dataclass(frozen=True)
class Written:
    """An archive as it came to be: its bytes, their sha256, and the size of each member."""

    size: int
    sha256: str
    members: dict[str, int]


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a place beside `path` to write to, which becomes `path` where the block ends well.

    Raises ConfigError where nothing can be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".fruits-", suffix=".tmp", dir=path.parent)
        os.close(handle)
    except OSError as exc:
        raise ConfigError(f"cannot write to {path.parent}: {exc}; check --output") from exc
    beside = Path(name)
    try:
        yield beside
        # mkstemp lets nobody but its owner read; what is to be handed in others may read.
        beside.chmod(0o644)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_archive(path: Path, members: Iterable[Member], day: date) -> Written:
    """Write the members in their order, a megabyte at a time, all dated with the same day.

    Raises FruitsError where a member is not as long as it was said to be.
    """
    sizes: dict[str, int] = {}
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            with member.open() as source, archive.open(_described(member, day), "w") as target:
                sizes[member.name] = _copy(source, target)
            if sizes[member.name] != member.size:
                raise FruitsError(
                    f"{member.name} changed while it was read ({member.size:,} bytes, then "
                    f"{sizes[member.name]:,}): run the same command again"
                )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Written(path.stat().st_size, digest, sizes)


def _described(member: Member, day: date) -> zipfile.ZipInfo:
    described = zipfile.ZipInfo(member.name, (day.year, day.month, day.day, 0, 0, 0))
    packed = member.name.lower().endswith(_PACKED_ALREADY)
    described.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    described.create_system = _UNIX
    described.external_attr = 0o100644 << 16
    # By this zipfile decides on ZIP64, which it cannot do any more once the bytes have come.
    described.file_size = member.size
    return described


def _copy(source: IO[bytes], target: IO[bytes]) -> int:
    size = 0
    while chunk := source.read(_CHUNK):
        size += target.write(chunk)
    return size
