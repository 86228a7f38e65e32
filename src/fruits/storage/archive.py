"""Lists and reads the images of a zip archive where it lies; nothing is ever extracted to disk."""

import bz2
import lzma
import os
import struct
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from fruits.errors import InputError
from fruits.images.formats import is_image_path
from fruits.storage.source import DISK, NETWORK, DamagedError, ImageRef, paged
from fruits.storage.uri import canonical, filesystem, is_local

# Local file header, section 4.3.7 of PKWARE's APPNOTE: signature, version, flags, method, time,
# date, CRC, packed size, size, name length, extra length.
_HEADER: Final = struct.Struct("<4s5H3I2H")
_EXTRA_BYTES: Final = 64
_LZMA_MEMORY: Final = 256 * 1024 * 1024
_BROKEN: Final = (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error)


class ArchiveSource:
    """The images of a `.zip` file, on disk or in an object store; see `Source`."""

    def __init__(self, uri: str) -> None:
        self.uri = canonical(uri)
        self._fs, self._path = filesystem(uri)
        local = is_local(self._fs) and hasattr(os, "pread")
        self.reading = DISK if local else NETWORK
        self._fetch = self._from_disk() if local else self._from_store

    def pages(self, *, split: str | None = None) -> Iterator[list[ImageRef]]:
        """Yield the images sorted by path; InputError when the archive's directory is unreadable.

        A name that occurs twice means its last member, as for every reader of zip files. A zip
        holds local time without its zone: `modified` reads it as UTC, the same on every machine.
        """
        return paged(self._members(), split=split)

    def read(self, ref: ImageRef) -> bytes:
        """Return one member's bytes, checked against its size and CRC; raises OSError."""
        guess = _HEADER.size + len(ref.path.encode()) + _EXTRA_BYTES
        block = self._fetch(ref.offset, guess + ref.packed)
        flags, start = _parse_header(block, path=ref.path)
        packed = block[start : start + ref.packed]
        if len(packed) < ref.packed:  # a longer name or extra field than guessed
            packed = self._fetch(ref.offset + start, ref.packed)
        if len(packed) < ref.packed:
            raise DamagedError(f"{ref.path}: the archive ends before the image does")
        return _checked(_unpack(packed, ref, flags=flags), ref)

    def _members(self) -> Iterator[ImageRef]:
        try:
            with self._fs.open(self._path, "rb") as file, zipfile.ZipFile(file) as archive:
                self._refuse_overlaps(archive.infolist())
                members = {info.filename: info for info in archive.infolist()}
        except _BROKEN as exc:
            raise InputError(
                f"{self.uri} is not a complete zip archive ({exc}): copy or download it again"
            ) from exc
        except OSError as exc:
            raise InputError(f"cannot read {self.uri}: {exc}") from exc
        return (_ref(members[name]) for name in sorted(members) if _is_image(members[name]))

    def _refuse_overlaps(self, members: list[zipfile.ZipInfo]) -> None:
        """Refuse an archive whose members share their bytes, as those do that swell to petabytes.

        Source: https://www.bamsoftware.com/hacks/zipbomb (D. Fifield, 2019).
        """
        held, promised = self._fs.size(self._path), sum(info.compress_size for info in members)
        if promised > held:
            raise InputError(
                f"{self.uri} is no honest archive: its {len(members):,} members take {promised:,} "
                f"bytes of a file of {held:,}; they overlap, so nothing of it is read"
            )

    def _from_disk(self) -> Callable[[int, int], bytes]:
        """Open the archive once; pread shares its descriptor between threads without a lock."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY)
        except OSError as exc:
            raise InputError(f"cannot read {self.uri}: {exc}") from exc
        weakref.finalize(self, os.close, descriptor)
        return lambda offset, length: os.pread(descriptor, length, offset)

    def _from_store(self, offset: int, length: int) -> bytes:
        return bytes(self._fs.cat_file(self._path, start=offset, end=offset + length))


def _is_image(info: zipfile.ZipInfo) -> bool:
    return not info.is_dir() and is_image_path(info.filename)


def _ref(info: zipfile.ZipInfo) -> ImageRef:
    return ImageRef(
        info.filename,
        info.file_size,
        _modified(info),
        f"crc32:{info.CRC:08x}",
        offset=info.header_offset,
        packed=info.compress_size,
        method=info.compress_type,
    )


def _modified(info: zipfile.ZipInfo) -> int | None:
    try:
        return round(datetime(*info.date_time, tzinfo=UTC).timestamp()) * 1_000_000
    except ValueError:  # many writers leave month and day at zero
        return None


def _parse_header(block: bytes, *, path: str) -> tuple[int, int]:
    """Return the member's flags and where its data start in `block`."""
    if len(block) < _HEADER.size or not block.startswith(b"PK\3\4"):
        raise DamagedError(
            f"{path}: the archive is damaged or has changed, no header at this place"
        )
    header = _HEADER.unpack_from(block)
    return header[2], _HEADER.size + header[-2] + header[-1]


def _unpack(packed: bytes, ref: ImageRef, *, flags: int) -> bytes:
    if flags & 1:
        raise DamagedError(
            f"{ref.path}: encrypted in the archive; unpack it with its password first"
        )
    # One byte more than promised is enough to know that a member lies about its size.
    limit = ref.size + 1
    try:
        match ref.method:
            case zipfile.ZIP_STORED:
                return packed
            case zipfile.ZIP_DEFLATED:
                return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, limit)
            case zipfile.ZIP_BZIP2:
                return bz2.BZ2Decompressor().decompress(packed, limit)
            case zipfile.ZIP_LZMA:
                return _unpack_lzma(packed, limit)
    except (zlib.error, lzma.LZMAError, OSError, EOFError) as exc:
        raise DamagedError(f"{ref.path}: damaged in the archive ({exc})") from exc
    raise DamagedError(
        f"{ref.path}: compressed by method {ref.method}, not stored, deflate, bz2 or lzma"
    )


def _unpack_lzma(packed: bytes, limit: int) -> bytes:
    """Decompress LZMA as zip holds it (APPNOTE 5.8): version, length of properties, properties.

    The same stream behind a `.lzma` header of unknown size is what the lzma module can read.
    """
    length = int.from_bytes(packed[2:4], "little")
    alone = packed[4 : 4 + length] + b"\xff" * 8 + packed[4 + length :]
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_LZMA_MEMORY).decompress(alone, limit)


def _checked(content: bytes, ref: ImageRef) -> bytes:
    crc = f"crc32:{zlib.crc32(content):08x}"
    if len(content) != ref.size or crc != ref.etag:
        raise DamagedError(
            f"{ref.path}: damaged in the archive, its checksum is {crc} instead of {ref.etag}"
        )
    return content
