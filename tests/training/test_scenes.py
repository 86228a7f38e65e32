import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs fruits[training]")
from training import scenes


@pytest.fixture
def plum():
    """A purple disc of radius 30, with a highlight as white as the paper around it."""
    rows, columns = np.mgrid[0:100, 0:100]
    far = np.hypot(rows - 50, columns - 50)
    pixels = np.full((100, 100, 3), 255, np.uint8)
    pixels[far < 30] = (90, 20, 80)
    pixels[np.hypot(rows - 40, columns - 40) < 4] = 255
    return pixels


def test_the_outline_follows_the_fruit_and_includes_its_highlight(plum):
    rows, columns = np.mgrid[0:100, 0:100]
    inside = np.hypot(rows - 50, columns - 50) < 29
    found = scenes.outline(plum) > 0.5
    assert (found & inside).sum() / (found | inside).sum() > 0.95
    assert found[40, 40]


def test_white_paper_alone_has_no_outline():
    assert scenes.outline(np.full((50, 50, 3), 255, np.uint8)).max() == 0


@pytest.mark.parametrize("seed", range(10))
def test_a_pasted_fruit_brings_no_paper_along(plum, seed):
    plum[np.all(plum == 255, axis=2)] = (250, 252, 251)
    plum[40, 40] = (90, 20, 80)
    plum[36:45, 36:45] = (90, 20, 80)
    ground = np.zeros((120, 120, 3), np.uint8)
    scene = scenes.paste(plum, ground, np.random.default_rng(seed))
    assert scene.shape == ground.shape
    assert scene[..., 0].max() > 60, "the fruit is there"
    assert scene[..., 1].max() < 80, "its paper is not"
    assert ground.max() == 0, "the background itself is untouched"


@pytest.mark.parametrize("ground", [scenes.plain, scenes.cloudy])
def test_a_background_is_square_and_differs_with_the_generator(ground):
    first, second = (ground(64, np.random.default_rng(seed)) for seed in (1, 2))
    assert first.shape == (64, 64, 3)
    assert first.dtype == np.uint8
    assert (first != second).any()
