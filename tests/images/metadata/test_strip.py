"""Metadata leave a file, its pixels stay: every format, every place, whole and cut short."""

from functools import partial

import numpy as np
import pytest

from fruits.images.decode import decode
from fruits.images.metadata.orient import with_orientation
from fruits.images.metadata.strip import strip
from fruits.images.rejects import Undecodable
from planted import MARKS, PLACES, everything, jpeg, png, rewritten, tiff, webp

FILES = dict(everything())

whole = partial(decode, shrink=lambda _height, _width: 1)


@pytest.fixture(params=FILES, scope="module")
def planted(request: pytest.FixtureRequest) -> bytes:
    """One file with names and places in it."""
    return FILES[request.param]()


def test_the_names_are_there_to_begin_with(planted: bytes):
    assert any(mark in planted for mark in MARKS)


def test_nothing_of_what_was_planted_is_left(planted: bytes):
    stripped = strip(planted)
    assert [mark for mark in MARKS if mark in stripped.content] == []


def test_the_pixels_are_the_same_and_turned_the_same_way(planted: bytes):
    stripped = strip(planted)
    before, after = whole(planted), whole(with_orientation(stripped.content, stripped.orientation))
    assert before.size == after.size
    np.testing.assert_array_equal(before.pixels, after.pixels)


def test_stripping_twice_changes_nothing_more(planted: bytes):
    once = strip(planted).content
    assert strip(once).content == once


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("make", [jpeg, png, webp, tiff])
def test_every_orientation_survives_as_a_number(make, orientation: int):
    content = make(orientation=orientation)
    stripped = strip(content)
    assert stripped.orientation == orientation
    turned = whole(with_orientation(stripped.content, orientation))
    np.testing.assert_array_equal(turned.pixels, whole(content).pixels)


def test_what_is_put_back_is_the_orientation_and_nothing_else():
    stripped = strip(jpeg(orientation=8))
    assert len(with_orientation(stripped.content, 8)) == len(stripped.content) + 36
    assert with_orientation(stripped.content, 1) == stripped.content


def test_pixels_are_coded_as_they_were_or_without_loss_as_png():
    again = dict(rewritten())
    for name, make in FILES.items():
        stripped = strip(make())
        assert stripped.exact == (name not in again)
        assert stripped.content[:2] == (b"\x89P" if name in again else make()[:2])


def test_a_file_that_is_cut_short_is_kept_only_if_a_decoder_reads_it(planted: bytes):
    for share in np.linspace(0.05, 0.95, 19):
        cut = planted[: int(len(planted) * share)]
        try:
            expected = whole(cut)
        except Undecodable as exc:
            with pytest.raises(Undecodable) as raised:
                strip(cut)
            assert raised.value.reject.reason == exc.reject.reason
            continue
        stripped = strip(cut)
        assert [mark for mark in MARKS if mark in stripped.content] == []
        found = whole(with_orientation(stripped.content, stripped.orientation))
        np.testing.assert_array_equal(found.pixels, expected.pixels)


def test_damaged_files_lose_their_names_or_are_refused(planted: bytes):
    rng = np.random.default_rng(361)
    kept = 0
    for _ in range(60):
        damaged = bytearray(planted)
        for at in rng.integers(0, len(damaged), 4):
            damaged[at] = rng.integers(0, 256)
        try:
            stripped = strip(bytes(damaged))
        except Undecodable:
            continue
        kept += 1
        assert [mark for mark in MARKS if mark in stripped.content] == []
    assert kept


def test_what_is_no_image_cannot_be_kept():
    with pytest.raises(Undecodable, match="not-an-image"):
        strip(b"Zebulon Quickfoot was here")
    with pytest.raises(Undecodable, match="empty"):
        strip(b"")


def test_the_planted_place_is_one_that_software_reads():
    import io

    from PIL import Image

    with Image.open(io.BytesIO(jpeg())) as image:
        latitude = image.getexif().get_ifd(0x8825)[2]
    degrees = float(latitude[0]) + float(latitude[1]) / 60 + float(latitude[2]) / 3600
    assert degrees == pytest.approx(PLACES[0], abs=1e-3)
