"""A zip archive → a folder with what was in it, whole or not at all."""

import shutil
import uuid
import zipfile
from pathlib import Path

from fruits.errors import InputError


def extract_archive(archive: Path, folder: Path) -> None:
    """Unpack an archive to a new folder, which appears when all is there.

    Members stay below it whatever their names say (`zipfile.extract` sees to that). Raises
    InputError when the disk has no room, or the archive is damaged.
    """
    hidden = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.tmp")
    try:
        with zipfile.ZipFile(archive) as opened:
            _check_room(opened, folder)
            opened.extractall(hidden)
        hidden.replace(folder)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as exc:
        raise InputError(
            f"{archive} cannot be unpacked: {exc}; it is kept, and fruits reads it as it is"
        ) from exc
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _check_room(opened: zipfile.ZipFile, folder: Path) -> None:
    coming = sum(member.file_size for member in opened.infolist())
    free = shutil.disk_usage(folder.parent).free
    if coming > free:
        raise OSError(f"it swells to {coming / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free")
