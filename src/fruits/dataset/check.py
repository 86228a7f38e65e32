"""A downloaded archive → its digest, once it is known to be what it should be."""

import hashlib
import zipfile
import zlib
from pathlib import Path

from fruits.dataset.answer import Refused
from fruits.errors import InputError
from fruits.storage.archive import ArchiveSource


def check_archive(file: Path, *, sha256: str) -> str:
    """Return the file's sha256; Refused if it is another one, or if this is no archive of photos.

    Where no digest is known, every member is read and compared with its own checksum.
    """
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    if sha256 and digest != sha256:
        raise Refused(f"its sha256 is {digest} instead of {sha256}: what came was thrown away")
    try:
        if not any(ArchiveSource(str(file)).pages()):
            raise Refused("there is no photo in the archive")
    except InputError as exc:
        raise Refused(f"what came is not a complete zip archive ({_begins(file)})") from exc
    if not sha256:
        _check_members(file)
    return digest


def _check_members(file: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            damaged = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError) as exc:
        raise Refused(f"the archive is damaged: {exc}") from exc
    if damaged is not None:
        raise Refused(f"the archive is damaged: {damaged} has another checksum")


def _begins(file: Path) -> str:
    with file.open("rb") as opened:
        return f"it begins with {opened.read(16)!r}"
