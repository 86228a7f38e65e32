"""What can still be seen of a damaged image, and what is not even opened."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile

from fruits.images.orchard import draw_fruit
from fruits.images.salvage import salvage


def test_the_upper_half_of_a_truncated_jpeg_is_seen():
    whole = draw_fruit("Orange", 1, size=100)
    seen = salvage(whole[: len(whole) // 2], side=64)
    wanted = np.asarray(Image.open(io.BytesIO(whole)).convert("RGB").resize((64, 64)))
    assert seen is not None and seen.shape == (64, 64, 3)
    assert np.abs(seen[:20].astype(int) - wanted[:20]).mean() < 10
    assert np.ptp(seen[-4:]) == 0, "the rest is one grey"


def test_pillow_is_as_strict_afterwards_as_before():
    salvage(draw_fruit("Kiwi", 1)[:900], side=64)
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize(
    "content", [b"", b"not an image", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"]
)
def test_where_there_is_nothing_to_see_there_is_nothing(content: bytes):
    assert salvage(content, side=64) is None


def test_a_header_that_announces_a_huge_image_is_not_believed():
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    png = (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )
    assert salvage(png, side=64) is None
