"""Lists the input in the background, so that work starts long before a million keys are listed."""

import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final

from fruits.choices import Split
from fruits.stages.plan import Plan
from fruits.storage.source import ImageRef, Source
from fruits.storage.tables import Stamp

TICK_SECONDS: Final = 0.1


class Listing:
    """The input's images, read page by page in a thread and sorted into work and known ones.

    `known` maps the images that have a row to what tells whether they changed; it is used up.
    Use it as a context: at the end the thread has stopped. An error of the source comes out of
    `wait` and `plans`, in the caller's thread.
    """

    def __init__(self, source: Source, known: dict[str, Stamp], *, split: Split | None) -> None:
        self.listed = self.skipped = self.todo = 0
        self._source, self._known, self._split = source, known, split
        self._plan = Plan()
        self._error: BaseException | None = None
        self._ended = self._stopped = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._list, name="fruits-list", daemon=True)

    def __enter__(self) -> "Listing":
        """Start listing."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Stop listing, after the page at hand."""
        self._stopped = True
        self._thread.join()

    @property
    def ended(self) -> bool:
        """Tell whether everything has been listed."""
        return self._ended

    @property
    def vanished(self) -> list[str]:
        """Name the images that have a row and are not in the input any more, once it has ended."""
        assert self._ended
        return sorted(self._known)

    def wait(self, todo: int, *, watch: Callable[[], None]) -> None:
        """Wait until so many images are to do and not yet taken, or all is listed.

        `watch` is called ten times a second.
        """
        with self._news:
            while not self._ended and len(self._plan) < todo:
                self._news.wait(TICK_SECONDS)
                watch()
        if self._error is not None:
            raise self._error

    def plans(self, *, least: int, watch: Callable[[], None]) -> Iterator[Plan]:
        """Yield what has been found since the last plan, at least so many images at a time.

        The last plan may be smaller; while the work on one goes on, the next one grows.
        """
        while True:
            self.wait(least, watch=watch)
            with self._news:
                plan, self._plan = self._plan, Plan()
            if not plan:
                return
            yield plan

    def _list(self) -> None:
        try:
            for page in self._source.pages(split=self._split):
                with self._news:
                    self._sort(page)
                    self._news.notify_all()
                if self._stopped:
                    return
        except BaseException as exc:  # noqa: BLE001  (raised again where somebody listens)
            self._error = exc
        finally:
            with self._news:
                self._ended = True
                self._news.notify_all()

    def _sort(self, page: list[ImageRef]) -> None:
        for ref in page:
            if self._plan.add(ref, self._known.pop(ref.path, None)):
                self.todo += 1
            else:
                self.skipped += 1
        self.listed += len(page)
