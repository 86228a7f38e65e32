"""Spares Python workers from reading pyspark.zip again before every task."""

import os
import sys
from zipimport import zipimporter

_stamps: dict[str, tuple[int, int]] = {}


def reread_archives_only_when_changed() -> None:
    """Let `importlib.invalidate_caches()` skip archives on the path that have not changed.

    Spark calls it in a worker before each task, and up to Python 3.12 it then reads and parses the
    directory of every zip on the path (https://github.com/python/cpython/issues/103200): some
    0.1 s a task with pyspark.zip, which is on the path of every worker. Calling this twice is safe.
    """
    original = zipimporter.invalidate_caches
    if sys.version_info >= (3, 13) or original.__name__ == "_invalidate_if_changed":
        return

    def _invalidate_if_changed(self: zipimporter) -> None:
        stamp = _stamp(self.archive)
        if _stamps.get(self.archive) != stamp:
            original(self)
            _stamps[self.archive] = stamp

    zipimporter.invalidate_caches = _invalidate_if_changed  # type: ignore[method-assign]
    for importer in sys.path_importer_cache.values():
        if isinstance(importer, zipimporter):  # read a moment ago, for the task that calls this
            _stamps[importer.archive] = _stamp(importer.archive)


def _stamp(archive: str) -> tuple[int, int]:
    stat = os.stat(archive)  # noqa: PTH116  (a Path here would cost what it saves)
    return stat.st_mtime_ns, stat.st_size
