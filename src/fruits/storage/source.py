"""What every source of images offers: references in pages, and the bytes behind one reference."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from itertools import islice
from typing import Any, Final, NamedTuple, Protocol

from fruits.errors import InputError
from fruits.images.formats import is_image_path
from fruits.images.labels import split_of
from fruits.storage.uri import canonical, filesystem

PAGE_IMAGES: Final = 1000


@dataclass(frozen=True, slots=True)
class ImageRef:
    """One image, without its bytes.

    `path` is relative to the input, `/`-separated, as the storage spells it. `size` is in bytes,
    `modified` in microseconds since the epoch (None when the storage has none). `etag` is the
    object store's, "crc32:xxxxxxxx" in an archive, "sha256:…" (of the original file) in a packed
    store, "" on disk. `offset` (of the local header), `packed` (compressed bytes) and `method` find
    a member of a zip archive without its directory. In a packed store `part` is the file, `offset`
    the row group and `packed` the row in it.
    """

    path: str
    size: int
    modified: int | None
    etag: str
    offset: int = -1
    packed: int = -1
    method: int = 0
    part: str = ""

    @property
    def image_id(self) -> str | None:
        """The original file's sha256, where the storage knows it without reading the image."""
        kind, _, digest = self.etag.partition(":")
        return digest if kind == "sha256" and self.part else None

    def to_row(self) -> tuple[Any, ...]:
        """Return the reference as a short tuple of plain values."""
        if self.offset < 0:
            return (self.path, self.size, self.modified, self.etag)
        return astuple(self)

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> "ImageRef":
        """Read back what `to_row` gave, as a tuple or as the list that JSON makes of it."""
        return cls(*row)


class DamagedError(OSError):
    """The storage gives bytes that are not the image's: to try again would not help."""


class Reading(NamedTuple):
    """How many threads should read from a place at once, and how many small images in a row."""

    threads: int
    together: int


DISK: Final = Reading(threads=2, together=16)
"""Handing one future to a thread costs some 50 µs, more than reading a small file: they share."""

NETWORK: Final = Reading(threads=64, together=1)
"""64 GETs at once hide 60 ms of latency from a network that embeds 1,000 images a second."""


class Source(Protocol):
    """A place with images. Cheap to open in every worker; `read` may run in many threads."""

    reading: Reading

    @property
    def uri(self) -> str:
        """The source's canonical URI."""

    def pages(self, *, split: str | None = None) -> Iterator[list[ImageRef]]:
        """Yield the images, sorted by path, some hundreds at a time; `split` keeps one split.

        Raises InputError when the place, or a part of it, cannot be listed.
        """

    def read(self, ref: ImageRef) -> bytes:
        """Return the bytes of one image; raises OSError when they cannot be had.

        DamagedError where the place itself is damaged, so that no later attempt can succeed.
        """


def open_source(uri: str) -> Source:
    """Open a folder, a packed store, a `.zip` archive or a single image as a source.

    Raises InputError when there is nothing usable at `uri`, ConfigError for an unknown scheme.
    """
    from fruits.storage.archive import ArchiveSource
    from fruits.storage.folder import FolderSource
    from fruits.storage.packed import PackedSource, is_packed

    if not _is_file(uri):
        return PackedSource(uri) if is_packed(uri) else FolderSource(uri)
    if uri.lower().endswith(".zip"):
        return ArchiveSource(uri)
    if is_image_path(canonical(uri).rpartition("/")[2]):
        return FolderSource(uri, single=True)
    raise InputError(f"{uri} is neither a folder, a .zip archive nor an image: check --input")


def paged(refs: Iterable[ImageRef], *, split: str | None) -> Iterator[list[ImageRef]]:
    """Cut `refs` into lists of PAGE_IMAGES, keeping those of one split if `split` is given."""
    kept = iter(refs) if split is None else (ref for ref in refs if split_of(ref.path) == split)
    while page := list(islice(kept, PAGE_IMAGES)):
        yield page


def _is_file(uri: str) -> bool:
    fs, path = filesystem(uri)
    try:
        return bool(fs.info(path)["type"] == "file")
    except FileNotFoundError as exc:
        raise InputError(f"there is nothing at {uri}: check --input") from exc
    except OSError as exc:
        raise InputError(f"cannot read {uri}: {exc}") from exc
