"""Lists and reads the images of a packed store: table files of many images each."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from fruits.errors import ConfigError
from fruits.images.metadata.orient import with_orientation
from fruits.schema import CONTENT, IMAGE_ID, PATH
from fruits.storage.output import Output
from fruits.storage.parts import PACKED_TABLE, arrow_filesystem
from fruits.storage.source import DamagedError, ImageRef, Reading, paged
from fruits.storage.tables import READERS, Table
from fruits.storage.uri import is_local

READING_DISK: Final = Reading(threads=2, together=64)
READING_NETWORK: Final = Reading(threads=16, together=64)
"""Threads read ahead into the next row groups while the images of the last one are used."""

GROUPS_KEPT: Final = 8
"""Row groups of some 2 MB each that a worker holds: those in use, and those read ahead."""


_DAMAGE: Final = ("thrift", "CRC checksum", "end of stream", "Corrupt", "page header")
"""What Arrow says of bytes that are not the file's, by an OSError like any other."""


class Group(NamedTuple):
    """A row group's images, and how each is to be turned."""

    contents: pa.ChunkedArray
    orientations: list[int]


def is_packed(uri: str) -> bool:
    """Tell whether there is a packed store at `uri`."""
    try:
        return Output(uri).holds() == "images"
    except (ConfigError, OSError):
        return False


class PackedSource:
    """The images of a packed store, in the order in which they were packed; see `Source`.

    An image's bytes are those of its file without metadata, its orientation put back; its
    `image_id`, size and time are the original file's.
    """

    def __init__(self, uri: str) -> None:
        self._output = Output(uri)
        self.uri = self._output.uri
        self.reading = READING_DISK if is_local(self._output.fs) else READING_NETWORK
        self._groups: OrderedDict[tuple[str, int], Future[Group]] = OrderedDict()
        self._lock = threading.Lock()
        self._metadata = lru_cache(maxsize=64)(self._read_metadata)

    def pages(self, *, split: str | None = None) -> Iterator[list[ImageRef]]:
        """Yield the images; raises ConfigError when the store's table cannot be read."""
        files = Table(self._output, PACKED_TABLE).files("")
        with ThreadPoolExecutor(READERS, thread_name_prefix="fruits-read") as pool:
            refs = (ref for listed in pool.map(self._list, files) for ref in listed)
            yield from paged(refs, split=split)

    def read(self, ref: ImageRef) -> bytes:
        """Return an image's bytes; raises OSError when they cannot be had."""
        group = self._group(ref.part, ref.offset)
        content: bytes = group.contents[ref.packed].as_py()
        return with_orientation(content, group.orientations[ref.packed])

    def _list(self, file: str) -> list[ImageRef]:
        with self._open(file) as parquet:
            groups = [
                _refs(parquet.read_row_group(number, [*_LISTED]), file, number)
                for number in range(parquet.num_row_groups)
            ]
        return [ref for refs in groups for ref in refs]

    def _group(self, file: str, number: int) -> Group:
        """Return a row group; of several threads that want it, one reads it."""
        key = (file, number)
        with self._lock:
            future = self._groups.get(key)
            mine = future is None
            if future is None:
                future = self._groups[key] = Future()
                while len(self._groups) > GROUPS_KEPT:
                    self._groups.popitem(last=False)
        if mine:
            self._load(key, future)
        return future.result()

    def _load(self, key: tuple[str, int], future: "Future[Group]") -> None:
        try:
            future.set_result(self._read_group(*key))
        except BaseException as exc:  # noqa: BLE001  (raised again in every thread that waits)
            with self._lock:
                self._groups.pop(key, None)  # a later attempt may succeed
            future.set_exception(exc)

    def _read_group(self, file: str, number: int) -> Group:
        try:
            with self._open(file, self._metadata(file)) as parquet:
                rows = parquet.read_row_group(number, [CONTENT, "orientation"])
        except (pa.ArrowException, OSError) as exc:
            if isinstance(exc, OSError) and not any(sign in str(exc) for sign in _DAMAGE):
                raise
            raise DamagedError(f"{self.uri}/{file} is damaged ({exc}): pack it again") from exc
        return Group(rows.column(CONTENT), rows.column("orientation").to_pylist())

    def _read_metadata(self, file: str) -> pq.FileMetaData:
        with self._open(file) as parquet:
            return parquet.metadata

    def _open(self, file: str, metadata: pq.FileMetaData | None = None) -> pq.ParquetFile:
        opened = arrow_filesystem(self._output).open_input_file(self._output.path_of(file))
        return pq.ParquetFile(
            opened, metadata=metadata, pre_buffer=True, page_checksum_verification=True
        )


_LISTED: Final = (PATH, "size", "modified", IMAGE_ID)


def _refs(rows: pa.Table, file: str, group: int) -> list[ImageRef]:
    modified = rows.column("modified").cast(pa.int64())
    columns = [rows.column(PATH), rows.column("size"), modified, rows.column(IMAGE_ID)]
    values = zip(*(column.to_pylist() for column in columns), strict=True)
    return [
        ImageRef(path, size, time, f"sha256:{digest}", offset=group, packed=row, part=file)
        for row, (path, size, time, digest) in enumerate(values)
    ]
