"""`fruits dataset put`: photos → a bucket, without their metadata, only what is not there yet."""

import time
import warnings
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Final

from fruits.dataset.cleaned import read_cleaned
from fruits.dataset.lying import Lying
from fruits.dataset.put_report import Done, PutReport, Sent
from fruits.dataset.spread import spread
from fruits.errors import ConfigError, FruitsError, InputError, TooManyRejects
from fruits.images.rejects import Reject
from fruits.stages.progress import Progress
from fruits.storage.output import Output
from fruits.storage.residency import residency
from fruits.storage.source import ImageRef, Source, open_source
from fruits.storage.uri import canonical, is_local

BUDGET_BYTES: Final = 256 * 1024 * 1024
_THREADS_DISK: Final = 4
_THREADS_NETWORK: Final = 32
_TRIES: Final = 3
"""The storage's client tries each request again by itself; but not an upload in pieces as a whole,
whose last answer was lost."""


@dataclass(frozen=True)
class Wish:
    """What to upload, and where to."""

    source: str
    target: str
    dry_run: bool = False
    keep_unreadable: bool = False
    max_rejected: float = 0.05


def put(wish: Wish, progress: Progress) -> PutReport:
    """Upload the images of a folder, an archive or another bucket, but for those that lie there.

    Where the target is, and that this is in the EU, is known before anything is read. Raises
    TooManyRejects, with the report, when more were rejected than the wish allows.
    """
    started = time.monotonic()
    target = Output(wish.target)
    region = residency(wish.target)
    _refuse_overlap(wish)
    source = open_source(wish.source)
    refs = [ref for page in source.pages() for ref in page]
    if not refs:
        raise InputError(f"{wish.source} holds no images: nothing to upload")
    report = PutReport(source.uri, target.uri, region, wish.dry_run, images=len(refs))
    progress.stage("put", f"{len(refs):,} images → {target.uri}, {region}")
    _upload(_Upload(wish, source, target, Lying(target)), refs, report, progress)
    report.seconds = round(time.monotonic() - started, 3)
    _check_rejects(report, wish.max_rejected)
    return report


@dataclass(frozen=True)
class _Upload:
    wish: Wish
    source: Source
    target: Output
    lying: Lying

    def __call__(self, ref: ImageRef) -> Done:
        """Clean one image, and upload it unless it lies there."""
        found = read_cleaned(self.source, ref, keep_unreadable=self.wish.keep_unreadable)
        if isinstance(found, Reject):
            return Done(ref.path, reject=found)
        sent = Sent(len(found.content), found.md5)
        skipped = self.lying.has(ref.path, sent)
        if not skipped and not self.wish.dry_run:
            self._send(ref.path, found.content)
        return Done(ref.path, sent, found.how, skipped)

    def _send(self, path: str, content: bytes) -> None:
        for left in reversed(range(_TRIES)):
            try:
                self.target.write(path, content)
            except OSError as exc:
                if left and not isinstance(exc, PermissionError):
                    continue
                raise FruitsError(
                    f"{self.target.uri_of(path)} could not be written: {exc}; what was uploaded is "
                    "kept: run the same command to go on"
                ) from exc
            return

    @property
    def threads(self) -> int:
        return _THREADS_DISK if is_local(self.target.fs) else _THREADS_NETWORK


def _upload(upload: _Upload, refs: list[ImageRef], report: PutReport, progress: Progress) -> None:
    sent: dict[str, Sent] = {}
    ends = spread(upload, refs, threads=upload.threads, budget_bytes=BUDGET_BYTES)
    try:
        with closing(ends), warnings.catch_warnings():
            # Pillow's remarks on odd metadata, which are taken out here, help nobody.
            warnings.filterwarnings("ignore", module="PIL")
            for count, done in enumerate(ends, 1):
                report.add(done)
                if done.reject is None and not done.skipped and not upload.wish.dry_run:
                    sent[done.path] = done.sent
                progress.advance(count, len(refs))
    except BaseException:
        with suppress(OSError, FruitsError):
            upload.lying.settle(sent)
        raise
    upload.lying.settle(sent)


def _refuse_overlap(wish: Wish) -> None:
    places = [f"{canonical(place).rstrip('/')}/" for place in (wish.source, wish.target)]
    inner, outer = sorted(places, key=len, reverse=True)
    if inner.startswith(outer):
        raise ConfigError(
            f"{wish.source} and {wish.target} lie one inside the other: photos as they are, and "
            "those without metadata, would get mixed up"
        )


def _check_rejects(report: PutReport, limit: float) -> None:
    share = len(report.rejected) / report.images
    if share > limit:
        raise TooManyRejects(
            f"{len(report.rejected):,} images were rejected, {share:.1%} and more than "
            f"--max-rejected {limit:.1%}; the others are not concerned",
            report=report,
        )
