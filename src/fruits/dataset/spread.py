"""Does something to every image in threads, with a bounded number of bytes on the way."""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Final, TypeVar

from fruits.storage.source import ImageRef

T = TypeVar("T")

_WAITING_PER_THREAD: Final = 4


def spread(
    task: Callable[[ImageRef], T], refs: Iterable[ImageRef], *, threads: int, budget_bytes: int
) -> Generator[T, None, None]:
    """Yield `task(ref)` of every image, in the order in which they end.

    Images under way and their waiting results come from files of `budget_bytes` at most; one
    that is larger travels alone. What a task raises is raised here. When the iterator is closed,
    the tasks under way are waited for, and no other one begins.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="fruits-put")
    ended: SimpleQueue[Future[T]] = SimpleQueue()
    sizes: dict[Future[T], int] = {}
    under_way = 0
    try:
        for ref in refs:
            while sizes and _is_full(len(sizes), under_way + ref.size, threads, budget_bytes):
                done = ended.get()
                under_way -= sizes.pop(done)
                yield done.result()
            future = pool.submit(task, ref)
            sizes[future] = ref.size
            under_way += ref.size
            future.add_done_callback(ended.put)
        while sizes:
            done = ended.get()
            del sizes[done]
            yield done.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _is_full(count: int, size: int, threads: int, budget_bytes: int) -> bool:
    return count >= threads * _WAITING_PER_THREAD or size > budget_bytes
