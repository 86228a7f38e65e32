"""What can still be seen of a damaged image: for a report that shows it, never for features."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from fruits.images.formats import sniff
from fruits.images.pillow import PLUGINS, to_rgb
from fruits.images.rejects import Reason, check_pixel_count

WORTH: Final[frozenset[Reason]] = frozenset({"truncated", "corrupt"})
"""The reasons for which something may be seen; what is too large is not even opened."""

_MAX_PIXELS: Final = 20_000_000
_LENIENT: Final = threading.Lock()


def salvage(content: bytes, *, side: int) -> NDArray[np.uint8] | None:
    """Decode what there is of a damaged image to uint8[side, side, 3]; None if that is nothing.

    Missing rows are grey, as Pillow leaves them.
    """
    kind = sniff(content)
    if kind is None:
        return None
    try:
        with _lenient(), Image.open(io.BytesIO(content), formats=PLUGINS[kind]) as image:
            check_pixel_count(image.height, image.width)
            if image.width * image.height > _MAX_PIXELS:
                return None
            image.load()
            seen = Image.fromarray(to_rgb(image))
        return np.asarray(ImageOps.fit(seen, (side, side)))
    except Exception:  # noqa: BLE001  (damaged bytes make Pillow raise anything; there is nothing to see)
        return None


@contextmanager
def _lenient() -> Iterator[None]:
    """Let Pillow keep what it has decoded when the bytes end; the switch is one for all threads."""
    with _LENIENT:
        before = ImageFile.LOAD_TRUNCATED_IMAGES
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before
