"""`fruits dataset get`: a public set of photos → its archive here, whole and checked."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fruits.dataset.answer import Passing, Refused
from fruits.dataset.check import check_archive
from fruits.dataset.download import Watch, download
from fruits.dataset.extract import extract_archive
from fruits.dataset.partial import Partial
from fruits.dataset.sources import Download
from fruits.dataset.wish import Wish
from fruits.errors import ConfigError, InputError

_SPARE_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True)
class Got:
    """What is here now. `checked` says that its digest was compared with a published one."""

    path: str
    already: bool
    url: str = ""
    sha256: str = ""
    size: int = 0
    checked: bool = False


def get(wish: Wish, watch: Watch) -> Got:
    """Download a set, check it, and give it its name; nothing happens if it is here already.

    Raises InputError, with all that was tried and what to do, when it cannot be had.
    """
    downloads = wish.downloads()
    if wish.target.exists():
        return Got(str(wish.target), already=True)
    _make_folder(wish.folder)
    part = Partial(wish.archive)
    with part.alone():
        if wish.archive.exists():  # kept by an earlier call, which did not extract
            extract_archive(wish.archive, wish.target)
            return Got(str(wish.target), already=False)
        got = _from_any(wish, downloads, part, watch)
        if wish.extract:
            extract_archive(wish.archive, wish.target)
            wish.archive.unlink()
    return got


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(
            f"cannot make the folder {folder}: {exc.strerror}; check --output"
        ) from exc


def _from_any(wish: Wish, downloads: Sequence[Download], part: Partial, watch: Watch) -> Got:
    """Try one address after the other, first the one whose bytes are here already."""
    tried = []
    for source in sorted(downloads, key=lambda source: not part.validator(source.url)):
        try:
            return _from_one(wish, source, part, watch)
        except Refused as exc:
            tried.append(f"{source.url}: {exc}")
        except Passing as exc:
            tried.append(f"{source.url}: {exc}")
            if part.validator(source.url):  # the next address would begin anew
                break
    raise InputError(_in_vain(wish, tried, part))


def _from_one(wish: Wish, source: Download, part: Partial, watch: Watch) -> Got:
    room = source.size or wish.data_set.estimated_size

    def check_room(coming: int | None) -> None:
        check_disk(wish.folder, max(room - part.size, 0) if coming is None else coming)

    watch.note(f"from {source.url}")
    download(source.url, part, watch=watch, check_room=check_room, patience=wish.patience)
    size = part.size
    try:
        digest = check_archive(part.file, sha256=source.sha256)
    except Refused:
        part.discard()
        raise
    part.finish()
    return Got(
        str(wish.target), already=False, url=source.url, sha256=digest, size=size,
        checked=bool(source.sha256),
    )  # fmt: skip


def check_disk(folder: Path, coming: int) -> None:
    """Raise InputError if the disk has no room for so many bytes."""
    free = shutil.disk_usage(folder).free
    if free < coming + _SPARE_BYTES:
        raise InputError(
            f"{coming / 1e6:,.0f} MB are to come and the disk of {folder} has {free / 1e6:,.0f} MB "
            "left: make room, or choose another --output"
        )


def _in_vain(wish: Wish, tried: Sequence[str], part: Partial) -> str:
    pages = "".join(f"\n    {page.url} ({page.what})" for page in wish.data_set.pages)
    kept = f"\n  {part.size:,} bytes are kept: the same command goes on from there" * (
        part.size > 0
    )
    return (
        f"{wish.data_set.title} could not be had. Tried:\n    "
        + "\n    ".join(tried)
        + kept
        + f"\n  by hand, with a browser, to {wish.archive}:{pages}"
        + "\n  from elsewhere: --url https://…"
        + "\n  without any download: `fruits dataset sample --output DIR` draws some to begin with"
    )
