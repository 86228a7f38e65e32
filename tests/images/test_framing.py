"""How an image meets the network's rectangle."""

import pytest

from fruits.errors import ConfigError
from fruits.images.framing import SHRINK_MARGIN, Frame, frame, shrink_factor

SIDES = (1, 2, 3, 99, 224, 1000)
SHAPES = [(height, width) for height in SIDES for width in SIDES]


@pytest.mark.parametrize("source", SHAPES, ids=str)
def test_squash_keeps_the_whole_image_and_fills_the_target(source):
    assert frame(source, (224, 200), "squash") == Frame(0, 0, source, (224, 200))


@pytest.mark.parametrize("source", SHAPES, ids=str)
@pytest.mark.parametrize("target", [(224, 224), (100, 300), (1, 7)], ids=str)
def test_crop_keeps_the_largest_centred_part_of_the_target_aspect(source, target):
    placed = frame(source, target, "crop")
    assert placed.inner == target
    assert any(kept == side for kept, side in zip(placed.kept, source, strict=True))
    assert all(1 <= kept <= side for kept, side in zip(placed.kept, source, strict=True))
    assert abs(placed.kept[0] * target[1] - placed.kept[1] * target[0]) <= max(target)
    assert abs(2 * placed.top + placed.kept[0] - source[0]) <= 1
    assert abs(2 * placed.left + placed.kept[1] - source[1]) <= 1


@pytest.mark.parametrize("source", SHAPES, ids=str)
@pytest.mark.parametrize("target", [(224, 224), (100, 300), (1, 7)], ids=str)
def test_pad_keeps_the_whole_image_and_its_aspect_inside_the_target(source, target):
    placed = frame(source, target, "pad")
    assert placed.kept == source
    assert any(inner == side for inner, side in zip(placed.inner, target, strict=True))
    assert all(1 <= inner <= side for inner, side in zip(placed.inner, target, strict=True))


def test_a_known_landscape_photo_is_placed_as_by_hand():
    assert frame((300, 400), (100, 100), "crop") == Frame(0, 50, (300, 300), (100, 100))
    assert frame((300, 400), (100, 100), "pad") == Frame(0, 0, (300, 400), (75, 100))


def test_an_impossible_fit_or_size_is_a_configuration_error():
    with pytest.raises(ConfigError, match=r"stretch.*squash, crop or pad"):
        frame((10, 10), (5, 5), "stretch")
    with pytest.raises(ConfigError, match="at least 1 pixel"):
        frame((10, 10), (0, 5), "squash")


@pytest.mark.parametrize(
    ("height", "width", "factor"),
    [
        (100, 100, 1),
        (1791, 4000, 1),
        (1792, 1792, 2),
        (3583, 9999, 2),
        (3584, 3584, 4),
        (7168, 7168, 8),
        (60000, 60000, 8),
    ],
)
def test_the_shrink_factor_leaves_four_times_the_target_on_both_axes(height, width, factor):
    assert shrink_factor(height, width, target=(224, 224), fit="squash") == factor
    assert factor == 1 or min(height, width) // factor >= SHRINK_MARGIN * 224


def test_the_shrink_factor_looks_at_what_the_fit_keeps():
    assert shrink_factor(2000, 8000, target=(224, 224), fit="squash") == 2
    assert shrink_factor(2000, 8000, target=(224, 224), fit="crop") == 2
    assert shrink_factor(2000, 8000, target=(224, 224), fit="pad") == 8
