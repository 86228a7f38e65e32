"""Reads ahead in threads, in order, with a bounded number of bytes in memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from fruits.storage.source import ImageRef

Read = Callable[[ImageRef], bytes]
Fetched = tuple[ImageRef, bytes | OSError]

_GROUP_BYTES: Final = 128 * 1024
_GROUPS_PER_THREAD: Final = 3


def prefetch(
    read: Read, refs: Iterable[ImageRef], *, threads: int, budget_bytes: int, together: int = 16
) -> Iterator[Fetched]:
    """Yield (ref, bytes) in the order of `refs`, reading ahead in `threads` threads.

    A thread reads up to `together` small images in a row. At most `budget_bytes` (by `ref.size`)
    are read but not yet consumed; an image larger than that travels alone. An OSError of `read` is
    yielded in the place of the bytes; any other exception is raised. No thread is left when the
    iterator is closed.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="fruits-fetch")
    share = min(_GROUP_BYTES, budget_bytes // (2 * threads))
    ahead = _Ahead(pool, read)
    try:
        for group in _groups(refs, share, together):
            size = _size(group)
            while ahead.waiting and not ahead.has_room(size, budget_bytes, threads):
                yield from ahead.take()
            ahead.add(group, size)
        while ahead.waiting:
            yield from ahead.take()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Ahead:
    """The groups of images being read, oldest first."""

    def __init__(self, pool: ThreadPoolExecutor, read: Read) -> None:
        self.waiting: deque[tuple[Future[list[Fetched]], int]] = deque()
        self._pool, self._read, self._bytes = pool, read, 0

    def has_room(self, size: int, budget_bytes: int, threads: int) -> bool:
        few = len(self.waiting) < _GROUPS_PER_THREAD * threads
        return few and self._bytes + size <= budget_bytes

    def add(self, group: list[ImageRef], size: int) -> None:
        self.waiting.append((self._pool.submit(_read_group, self._read, group), size))
        self._bytes += size

    def take(self) -> Iterator[Fetched]:
        """Yield the oldest group; its bytes count until its last image has been consumed."""
        future, size = self.waiting.popleft()
        fetched = future.result()
        fetched.reverse()
        while fetched:
            yield fetched.pop()
        self._bytes -= size


def _read_group(read: Read, group: list[ImageRef]) -> list[Fetched]:
    fetched: list[Fetched] = []
    for ref in group:
        try:
            fetched.append((ref, read(ref)))
        except OSError as exc:
            fetched.append((ref, exc))
    return fetched


def _groups(refs: Iterable[ImageRef], share: int, most: int) -> Iterator[list[ImageRef]]:
    """Put neighbours together, up to `share` bytes and `most` images."""
    group: list[ImageRef] = []
    size = 0
    for ref in refs:
        if group and (len(group) == most or size + ref.size > share):
            yield group
            group, size = [], 0
        group.append(ref)
        size += ref.size
    if group:
        yield group


def _size(group: list[ImageRef]) -> int:
    return sum(ref.size for ref in group)
