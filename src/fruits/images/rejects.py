"""Why an image cannot become pixels: the closed list of reasons, and the value that carries one."""

from dataclasses import dataclass
from typing import Literal, get_args

Reason = Literal[
    "unreadable", "empty", "not-an-image", "unsupported", "too-large", "truncated", "corrupt"
]
"""The reasons, each one the first that applies:

- unreadable: the storage did not give the bytes, and may do so later (`work.process` says so, not
  `prepare`);
- empty: the file has no bytes;
- not-an-image: the bytes start like no image;
- unsupported: an image or document of a kind that we do not decode (HEIC, AVIF, 32-bit samples…);
- too-large: the header announces more than `MAX_PIXELS` pixels, so decoding was not tried;
- truncated: the file ends before its pixels do;
- corrupt: the header or the pixels are damaged in another way, or the archive around them.
"""

REASONS: tuple[Reason, ...] = get_args(Reason)

MAX_PIXELS = 100_000_000
"""The largest image decoded: its RGB pixels already take 300 MB."""

_DETAIL_LENGTH = 200


@dataclass(frozen=True)
class Reject:
    """An image that could not be prepared: a short code, and a line of at most 200 characters."""

    reason: Reason
    detail: str


class Undecodable(Exception):  # noqa: N818  (it never leaves this folder: `prepare` makes it a Reject)
    """Carries a reject from the depth of a decoder up to `prepare`."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reject = Reject(reason, one_line(detail))
        super().__init__(f"{reason}: {self.reject.detail}")


def one_line(text: str) -> str:
    """Fold white space and unprintable characters, and cut at 200 characters."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:_DETAIL_LENGTH]


def check_pixel_count(height: int, width: int) -> None:
    """Refuse, from the header's pixel count alone, what would fill the memory once decoded."""
    if height * width > MAX_PIXELS:
        detail = f"{width}x{height} pixels; the limit is {MAX_PIXELS // 1_000_000} megapixels"
        raise Undecodable("too-large", detail)
