"""From bytes to the network's input: sizes, fits, threads, and real photos against Pillow."""

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageOps

from fruits.errors import ConfigError
from fruits.images.prepare import Prepared, prepare

SIZE = (224, 224)


def encode(pixels, kind="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def prepared(content, **options):
    outcome = prepare(content, **options)
    assert isinstance(outcome, Prepared), outcome
    return outcome


def pillow(content, size=SIZE):
    with Image.open(io.BytesIO(content)) as image:
        rgb = ImageOps.exif_transpose(image).convert("RGB")
    return np.asarray(rgb.resize(size[::-1], Image.Resampling.BICUBIC)).astype(int)


def read_some(archive, count):
    with zipfile.ZipFile(archive) as file:
        names = [name for name in file.namelist() if name.endswith(".jpg")]
        return [file.read(name) for name in names[:: max(1, len(names) // count)]]


@pytest.fixture
def ramp():
    y, x = np.mgrid[:60, :100]
    return np.stack([x * 2, y * 4, x + y], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("size", [(224, 224), (160, 192), (50, 20), (1, 1)], ids=str)
@pytest.mark.parametrize("fit", ["squash", "crop", "pad"])
def test_the_pixels_have_the_size_asked_for_and_the_record_the_image_s_own(ramp, size, fit):
    found = prepared(encode(ramp), size=size, fit=fit)
    assert found.pixels.shape == (*size, 3)
    assert found.pixels.dtype == np.uint8
    assert found.pixels.flags.c_contiguous
    assert (found.width, found.height, found.decoder) == (100, 60, "pillow")


def test_squash_equals_pillow_within_two_levels(ramp):
    content = encode(ramp)
    found = prepared(content, size=SIZE).pixels
    assert np.abs(found - pillow(content)).max() <= 2


def test_crop_equals_pillow_on_the_centre(ramp):
    centre = Image.fromarray(ramp).crop((20, 0, 80, 60)).resize((90, 90), 3)
    found = prepared(encode(ramp), size=(90, 90), fit="crop").pixels.astype(int)
    assert np.abs(found - np.asarray(centre)).max() <= 2


def test_pad_puts_the_whole_image_in_the_middle_of_white(ramp):
    found = prepared(encode(ramp), size=(50, 50), fit="pad").pixels.astype(int)
    inside = np.asarray(Image.fromarray(ramp).resize((50, 30), 3))
    assert np.abs(found[10:40] - inside).max() <= 2
    assert (found[:10] == 255).all()
    assert (found[40:] == 255).all()


def test_an_image_of_the_networks_size_passes_untouched(ramp):
    np.testing.assert_array_equal(prepared(encode(ramp), size=(60, 100)).pixels, ramp)


def test_a_single_pixel_fills_the_input():
    dot = np.full((1, 1, 3), (9, 90, 200), dtype=np.uint8)
    found = prepared(encode(dot), size=SIZE).pixels
    assert (found == (9, 90, 200)).all()


def test_an_impossible_fit_is_a_configuration_error_not_a_reject(ramp):
    with pytest.raises(ConfigError, match="stretch"):
        prepare(encode(ramp), size=SIZE, fit="stretch")


@pytest.mark.parametrize("fit", ["squash", "crop", "pad"])
def test_the_same_bytes_give_the_same_pixels_from_any_thread(fit):
    rng = np.random.default_rng(2)
    shapes = [(40 + 13 * index, 300 - 17 * index, 3) for index in range(16)]
    contents = [encode(rng.integers(0, 256, shape, dtype=np.uint8), "JPEG") for shape in shapes]
    alone = [prepared(content, size=(96, 96), fit=fit).pixels.tobytes() for content in contents]
    with ThreadPoolExecutor(4) as threads:
        many = threads.map(lambda content: prepared(content, size=(96, 96), fit=fit), contents * 4)
        assert [found.pixels.tobytes() for found in many] == alone * 4


def test_a_large_jpeg_is_decoded_shrunk_and_hardly_drifts():
    y, x = np.mgrid[:1900, :2500]
    waves = [np.sin(x / 31) * np.cos(y / 23), np.sin((x + y) / 57), np.cos(x * y / 90_000)]
    pixels = (128 + 90 * np.stack(waves, axis=-1)).astype(np.uint8)
    content = encode(pixels, "JPEG", quality=92)
    found = prepared(content, size=SIZE)
    assert found.decoder == "turbo-1/2"
    assert (found.width, found.height) == (2500, 1900)
    assert np.abs(found.pixels - pillow(content)).mean() < 1.0


@pytest.mark.data
def test_fruits_360_equals_pillow_within_two_levels(shared_data):
    for content in read_some(shared_data / "fruits-360.zip", 120):
        found = prepared(content, size=SIZE)
        off = np.abs(found.pixels - pillow(content))
        assert (found.decoder, found.width, found.height) == ("turbo", 100, 100)
        assert off.max() <= 2
        assert off.mean() < 0.02


@pytest.mark.data
def test_turbo_gives_the_very_pixels_of_pillow_on_real_photos(shared_data):
    for name, count in [("fruits-360.zip", 60), ("grocery-fruit.zip", 40), ("phone-photos.zip", 2)]:
        for content in read_some(shared_data / name, count):
            image = Image.open(io.BytesIO(content)).convert("RGB")
            found = prepared(content, size=image.size[::-1])
            assert found.decoder == "turbo"
            np.testing.assert_array_equal(found.pixels, np.asarray(image))


@pytest.mark.data
def test_shop_photos_equal_pillow_within_two_levels(shared_data):
    for content in read_some(shared_data / "grocery-fruit.zip", 60):
        found = prepared(content, size=SIZE)
        assert found.decoder == "turbo"
        assert np.abs(found.pixels - pillow(content)).max() <= 2


@pytest.mark.data
def test_phone_photos_drift_by_less_than_a_level_on_average(shared_data):
    for content in read_some(shared_data / "phone-photos.zip", 6):
        found = prepared(content, size=SIZE)
        off = np.abs(found.pixels - pillow(content))
        assert found.decoder == "turbo-1/2"
        assert off.mean() < 1.0
        assert np.percentile(off, 99) <= 5
        assert off.max() <= 20
