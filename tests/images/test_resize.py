"""Resizing equals Pillow's bicubic, whatever the shape."""

import math

import numpy as np
import pytest
from PIL import Image

from fruits.images import resize as module
from fruits.images.resize import middle_size, resize

BOUND = 2
EXCHANGED = (225, 100, 224, 224)


def pillow(pixels, size):
    """The reference: Pillow's two passes, in the order of Pillow 13."""
    image = Image.fromarray(pixels)
    for height, width in (middle_size(pixels.shape[:2], size), size):
        image = image.resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image)


def difference(pixels, size):
    return np.abs(resize(pixels, size).astype(int) - pillow(pixels, size))


def noise(height, width, *, seed=0, hard=False):
    levels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return np.where(levels > 127, 255, 0).astype(np.uint8) if hard else levels


def random_shapes(count, *, seed, largest=300):
    exponents = np.random.default_rng(seed).uniform(0, math.log(largest), (count, 4))
    return [tuple(int(side) for side in np.exp(row)) for row in exponents]


@pytest.mark.parametrize("hard", [False, True], ids=["noise", "black and white"])
def test_any_shape_is_within_two_levels_of_pillow(hard):
    differing = total = 0
    for seed, (height, width, *size) in enumerate(random_shapes(150, seed=7 + hard)):
        off = difference(noise(height, width, seed=seed, hard=hard), tuple(size))
        assert off.max() <= BOUND, (height, width, size)
        differing, total = differing + np.count_nonzero(off), total + off.size
    assert differing < 0.01 * total


@pytest.mark.parametrize(
    "shape",
    [
        (100, 100),
        (348, 348),
        (37, 53),
        (1, 1),
        (1, 500),
        (500, 1),
        EXCHANGED[:2],
        (3000, 7),
        (7, 3000),
        (1200, 900),
        (224, 100),
        (100, 224),
        (223, 225),
    ],
    ids=str,
)
def test_awkward_shapes_are_within_two_levels_of_pillow(shape):
    assert difference(noise(*shape, hard=True), (224, 224)).max() <= BOUND


@pytest.mark.skipif(
    int(Image.__version__.split(".")[0]) < 13, reason="Pillow orders its passes so since version 13"
)
def test_the_order_of_the_passes_is_that_of_pillow_itself():
    for seed, (height, width, *size) in enumerate(random_shapes(150, seed=3)):
        pixels = noise(height, width, seed=seed)
        whole = Image.fromarray(pixels).resize((size[1], size[0]), Image.Resampling.BICUBIC)
        np.testing.assert_array_equal(pillow(pixels, tuple(size)), np.asarray(whole))


def test_rows_come_first_unless_the_height_loses_more_than_twice_what_the_width_does():
    assert middle_size((100, 100), (224, 224)) == (100, 224)
    assert middle_size((225, 100), (224, 224)) == (224, 100)
    assert middle_size((3000, 7), (224, 224)) == (224, 7)
    assert middle_size((424, 324), (224, 224)) == (424, 224)
    assert middle_size((425, 324), (224, 224)) == (224, 324)


def test_the_order_of_the_passes_matters():
    height, width, *size = EXCHANGED
    image = Image.fromarray(noise(height, width, hard=True))
    rows_first = image.resize((size[1], height), Image.Resampling.BICUBIC)
    exchanged = rows_first.resize((size[1], size[0]), Image.Resampling.BICUBIC)
    expected = pillow(noise(height, width, hard=True), tuple(size)).astype(int)
    assert np.abs(np.asarray(exchanged) - expected).max() > 2 * BOUND


def test_without_the_rust_library_pillow_gives_the_reference_itself(monkeypatch):
    monkeypatch.setattr(module, "cykooz_resizer", None)
    for shape in [(100, 100), (225, 100), (348, 464)]:
        assert difference(noise(*shape), (224, 160)).max() == 0


def test_an_image_of_the_right_size_is_untouched_and_a_flat_one_stays_flat():
    pixels = noise(64, 48)
    np.testing.assert_array_equal(resize(pixels, (64, 48)), pixels)
    flat = np.full((90, 70, 3), (250, 128, 3), dtype=np.uint8)
    assert np.unique(resize(flat, (224, 224)).reshape(-1, 3), axis=0).tolist() == [[250, 128, 3]]


def test_a_view_turned_or_cropped_resizes_as_its_copy_does():
    pixels = noise(80, 60)
    for view in (pixels[::-1], pixels.swapaxes(0, 1), pixels[5:50, 7:41], pixels[:, ::-1]):
        np.testing.assert_array_equal(resize(view, (50, 50)), resize(view.copy(), (50, 50)))


def test_the_result_is_contiguous_rgb_of_the_size_asked_for():
    resized = resize(noise(30, 40), (17, 23))
    assert resized.shape == (17, 23, 3)
    assert resized.dtype == np.uint8
    assert resized.flags.c_contiguous
