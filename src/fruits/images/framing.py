"""How an image meets the network's rectangle: squashed, cropped or padded."""

from collections.abc import Callable
from dataclasses import dataclass

from fruits.choices import Fit
from fruits.errors import ConfigError

Size = tuple[int, int]
"""(height, width) in pixels."""

Shrink = Callable[[int, int], int]
"""From an image's height and width to the factor (1, 2, 4, 8) that it may be decoded shrunk by."""

SHRINK_MARGIN = 4
"""How many times the target's resolution a shrunk decoding keeps, at least, on both axes.

Shrinking inside the JPEG's 8x8 blocks filters a little unlike the resize that follows. Measured at
224x224 on six phone photos, against decoding in full: with 4 (all are decoded at 1/2), levels move
by 0.06 to 0.6 on average and 99 % by at most 4, MobileNetV2's features keep a cosine of 0.9998;
with 2 (all at 1/4), 1.6 on average, and 0.9991. Decoding at 1/4 saves only 2 of the 15 to 27 ms
that 1/2 takes, where the full size takes 31 to 77.
"""


@dataclass(frozen=True)
class Frame:
    """The part of the source that is kept, and the size it is resized to (both in pixels).

    `inner` is smaller than the network's input only when the rest is padding.
    """

    top: int
    left: int
    kept: Size
    inner: Size


def frame(source: Size, target: Size, fit: Fit) -> Frame:
    """Place a source image in the target rectangle, without touching a pixel yet.

    Raises:
        ConfigError: `fit` is none of squash, crop and pad, or `target` has no area.

    """
    if min(target) < 1:
        raise ConfigError(f"input size {target}: give a height and a width of at least 1 pixel")
    if fit == "squash":
        return Frame(0, 0, source, target)
    if fit == "crop":
        return _centre_crop(source, target)
    if fit == "pad":
        return Frame(0, 0, source, _scaled(source, into=target))
    raise ConfigError(f"fit {fit!r}: choose squash, crop or pad")


def shrink_factor(height: int, width: int, *, target: Size, fit: Fit) -> int:
    """Give the largest of 8, 4, 2 that leaves `SHRINK_MARGIN` times the target, else 1."""
    placed = frame((height, width), target, fit)
    room = min(kept // inner for kept, inner in zip(placed.kept, placed.inner, strict=True))
    return next((factor for factor in (8, 4, 2) if room >= SHRINK_MARGIN * factor), 1)


def _centre_crop(source: Size, target: Size) -> Frame:
    kept = _scaled(target, into=source)
    return Frame((source[0] - kept[0]) // 2, (source[1] - kept[1]) // 2, kept, target)


def _scaled(shape: Size, *, into: Size) -> Size:
    """The largest size of this aspect that fits; exact on the axis that touches."""
    if shape[0] * into[1] >= shape[1] * into[0]:
        return into[0], min(into[1], max(1, round(shape[1] * into[0] / shape[0])))
    return min(into[0], max(1, round(shape[0] * into[1] / shape[1]))), into[1]
