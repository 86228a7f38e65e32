"""Runs tasks in a pool of worker processes on this machine: no JVM, the same tasks as Spark."""

import os
import pickle
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import loky
import psutil

from fruits.errors import FruitsError, RunnerError
from fruits.work.task import Shared, Task

T = TypeVar("T")

ATTEMPTS: Final = 4
"""How often an item whose worker died is tried: Spark's own spark.task.maxFailures."""

WATCH_SECONDS: Final = 1.0

LOST: Final = (BrokenProcessPool, loky.process_executor.ShutdownExecutorError)
"""How an item ends whose worker died, or whose pool was stopped while it waited."""

ONE_THREAD: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


@dataclass(frozen=True)
class SharedFile(Generic[T]):
    """A value pickled once to a private file of this machine, read once by each worker."""

    file: str

    def get(self) -> T:
        """Return the value, reading it the first time."""
        value: T = _unpickle(self.file)
        return value


@lru_cache(maxsize=8)
def _unpickle(file: str) -> Any:  # noqa: ANN401
    return pickle.loads(Path(file).read_bytes())  # noqa: S301  (we wrote it ourselves)


class LocalRunner:
    """A process pool with one worker, of one thread, per core (loky: survives odd `__main__`s)."""

    name = "local"
    spark = None

    def __init__(self, slots: int | None = None) -> None:
        self.slots = slots or loky.cpu_count(only_physical_cores=False)
        self._folder = tempfile.TemporaryDirectory(prefix="fruits-shared-")
        self._pool: loky.ProcessPoolExecutor | None = None
        self._cancelled = threading.Event()

    def share(self, value: T) -> Shared[T]:
        """Write the value where every worker of this machine can read it."""
        file = Path(self._folder.name) / f"{len(list(Path(self._folder.name).iterdir()))}.pickle"
        file.write_bytes(pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL))
        return SharedFile[T](str(file))

    def run(self, task: Task, items: Sequence[bytes]) -> list[bytes]:
        """Run the task on every item; items of a worker that died go to a fresh pool."""
        results: dict[int, bytes] = {}
        for _ in range(ATTEMPTS):
            left = [index for index in range(len(items)) if index not in results]
            if not left:
                break
            if self._cancelled.is_set():
                raise RunnerError(f"cancelled with {len(left):,} of {len(items):,} units left")
            results |= self._attempt(task, {index: items[index] for index in left})
        else:
            lost = [index for index in range(len(items)) if index not in results]
            if lost:
                raise RunnerError(
                    f"{len(lost)} work units killed their worker {ATTEMPTS} times, the first is "
                    f"number {lost[0]}: look at the memory of this machine, or for a bad image"
                )
        return [results[index] for index in range(len(items))]

    def _attempt(self, task: Task, items: dict[int, bytes]) -> dict[int, bytes]:
        """Run the items once; a dead worker breaks the pool, and what is done so far is kept."""
        pool = self._pool = self._pool or self._start_pool()
        futures: dict[int, Future[bytes]] = {}
        with suppress(*LOST):  # a worker died while the pool was idle, or dies at this moment
            for index, item in items.items():
                futures[index] = pool.submit(task, item)
        wait(futures.values(), return_when=FIRST_EXCEPTION)
        if len(futures) < len(items) or any(_died(future) for future in futures.values()):
            self._stop_pool()
        return {index: _result(future) for index, future in futures.items() if _done(future)}

    def cancel(self) -> None:
        """Kill the workers; `run` then raises RunnerError, and so does any later one."""
        self._cancelled.set()
        self._stop_pool()

    def close(self) -> None:
        """Stop the workers and remove the shared files."""
        self._stop_pool()
        self._folder.cleanup()

    def _start_pool(self) -> loky.ProcessPoolExecutor:
        return loky.ProcessPoolExecutor(
            self.slots, env=ONE_THREAD, initializer=die_with, initargs=(os.getpid(),)
        )

    def _stop_pool(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, kill_workers=True)


def die_with(driver: int) -> None:
    """Let this worker end when its driver, the process of that number, is gone, killed included.

    Otherwise it would work on for nobody, and then wait some minutes for more.
    """
    threading.Thread(target=_watch, args=(driver,), name="fruits-driver", daemon=True).start()


def _watch(driver: int) -> None:
    # Where a dead parent's children get another one, its number may not be gone yet (a zombie).
    while os.getppid() == driver and psutil.pid_exists(driver):
        time.sleep(WATCH_SECONDS)
    os._exit(1)


def _died(future: "Future[bytes]") -> bool:
    return future.done() and isinstance(future.exception(), LOST)


def _done(future: "Future[bytes]") -> bool:
    return future.done() and not _died(future)


def _result(future: "Future[bytes]") -> bytes:
    try:
        return future.result()
    except FruitsError:
        raise
    except Exception as exc:
        raise RunnerError(f"a worker failed: {type(exc).__name__}: {exc}") from exc
