import io

import numpy as np
import pytest
from PIL import Image

from training import augment

pytest.importorskip("scipy", reason="needs fruits[training]")


def generator(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def photo():
    return generator(1).integers(0, 256, (120, 90, 3), dtype=np.uint8)


@pytest.mark.parametrize("change", ["crop", "turn", "develop"])
def test_the_same_generator_makes_the_same_change_and_leaves_the_photo_alone(photo, change):
    options = {"crop": {"area": (0.2, 0.8)}, "turn": {"degrees": 10}, "develop": {}}[change]
    before = photo.copy()
    once, again, other = (
        getattr(augment, change)(photo, generator(seed), **options) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(once, again)
    assert once.shape != other.shape or (once != other).any()
    np.testing.assert_array_equal(photo, before)


@pytest.mark.parametrize("seed", range(20))
def test_a_crop_is_a_part_of_the_photo_and_keeps_the_share_asked_for(photo, seed):
    found = augment.crop(photo, generator(seed), area=(0.25, 0.5))
    height, width = found.shape[:2]
    assert 0.2 < height * width / (120 * 90) < 0.55
    assert np.shares_memory(found, photo)


@pytest.mark.parametrize("seed", range(20))
def test_a_turned_photo_shows_no_empty_corner(seed):
    grey = np.full((100, 140, 3), 130, np.uint8)
    assert augment.turn(grey, generator(seed), degrees=12).min() > 120


def test_a_turned_studio_photo_has_white_corners_and_keeps_its_size():
    dark = np.full((80, 80, 3), 10, np.uint8)
    turned = augment.turn(dark, generator(2), degrees=25, fill=255)
    assert turned.shape == (80, 80, 3)
    assert turned[0, 0].min() == 255


def test_developing_moves_levels_most_of_the_time_but_keeps_shape_and_type(photo):
    changed = [augment.develop(photo, generator(seed)) for seed in range(20)]
    assert {(one.shape, one.dtype) for one in changed} == {(photo.shape, np.dtype(np.uint8))}
    assert sum(np.abs(one.astype(int) - photo).mean() > 1 for one in changed) >= 14


def test_a_compressed_photo_is_a_jpeg_of_the_same_size(photo):
    with Image.open(io.BytesIO(augment.compress(photo, generator()))) as image:
        assert (image.format, image.size) == ("JPEG", (90, 120))
