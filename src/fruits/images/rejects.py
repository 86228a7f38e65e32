"""Why an image cannot become pixels: the closed list of reasons, and the value that carries one."""

from dataclasses import dataclass
from typing import Literal, get_args

Reason = Literal[
    "unreadable",
    "unsafe-name",
    "empty",
    "not-an-image",
    "unsupported",
    "too-large",
    "truncated",
    "corrupt",
]
"""The reasons, each one the first that applies:

- unreadable: the storage did not give the bytes, and may do so later (`work.process` says so, not
  `prepare`);
- unsafe-name: its name leads out of the input, or holds control characters (`work.refusals`);
- empty: the file has no bytes;
- not-an-image: the bytes start like no image;
- unsupported: an image or document of a kind that we do not decode (HEIC, AVIF, 32-bit samples…);
- too-large: the file is too long to be read, or its header announces more than `MAX_PIXELS` pixels
  or a side of more than `MAX_SIDE`, so decoding was not tried;
- truncated: the file ends before its pixels do;
- corrupt: the header or the pixels are damaged in another way, or the archive around them.
"""

REASONS: tuple[Reason, ...] = get_args(Reason)

MAX_PIXELS = 100_000_000
"""The largest image decoded: 300 MB of RGB pixels, and at its peak, while Pillow decodes and
converts, up to 1.4 GB as PNG and 2.5 GB as WebP with transparency."""

MAX_SIDE = 1_000_000
"""The longest side decoded: a row of 2**31 bits makes Pillow raise MemoryError, and the resize
takes up to 85 bytes for every row, however narrow (7.6 GB for an image of 1 by 90,000,000)."""

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
    if max(height, width) > MAX_SIDE:
        detail = f"{width}x{height} pixels; the limit is {MAX_SIDE:,} pixels a side"
        raise Undecodable("too-large", detail)
