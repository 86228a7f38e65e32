"""An image file's bytes → those that may leave this machine, and how they came to be."""

import hashlib
import os
import threading
from dataclasses import dataclass
from typing import Final, Literal

from fruits.images.metadata.orient import with_orientation
from fruits.images.metadata.strip import strip
from fruits.images.rejects import Reject, Undecodable, one_line
from fruits.storage.source import DamagedError, ImageRef, Source
from fruits.work.refusals import refuse

How = Literal["as it was", "stripped", "rewritten", "kept unreadable"]


_DECODING: Final = threading.BoundedSemaphore(os.cpu_count() or 1)
"""Threads that upload are many, but a small file may swell to hundreds of megabytes of pixels."""


@dataclass(frozen=True)
class Cleaned:
    """The bytes to upload; `md5` is what S3's ETag says of an object that was sent in one piece."""

    content: bytes
    how: How

    @property
    def md5(self) -> str:
        """The hex MD5 of the bytes: a name for the content, no protection of it."""
        return hashlib.md5(self.content, usedforsecurity=False).hexdigest()


def clean(content: bytes) -> Cleaned:
    """Take the metadata out, but for how the image is to be turned; raises Undecodable."""
    with _DECODING:
        stripped = strip(content)
    if not stripped.exact:
        return Cleaned(stripped.content, "rewritten")
    whole = with_orientation(stripped.content, stripped.orientation)
    return Cleaned(whole, "as it was" if whole == content else "stripped")


def read_cleaned(source: Source, ref: ImageRef, *, keep_unreadable: bool) -> Cleaned | Reject:
    """Read an image and clean it, or say why it is not to be uploaded.

    With `keep_unreadable`, what no decoder can read is taken as it is.
    """
    if refused := _refuse(ref):
        return refused
    try:
        content = source.read(ref)
    except OSError as exc:
        reason: Literal["corrupt", "unreadable"]
        reason = "corrupt" if isinstance(exc, DamagedError) else "unreadable"
        return Reject(reason, one_line(str(exc) or type(exc).__name__))
    try:
        return clean(content)
    except Undecodable as exc:
        return Cleaned(content, "kept unreadable") if keep_unreadable else exc.reject


def _refuse(ref: ImageRef) -> Reject | None:
    if any(segment in {"", "."} for segment in ref.path.split("/")):
        return Reject("unsafe-name", "no object can be named like this everywhere: rename it")
    return refuse(ref)
