"""Every kind of image file becomes the RGB pixels that Pillow, the reference, gives."""

import io

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from fruits.images.decode import decode
from fruits.images.prepare import Prepared, Reject, prepare
from fruits.images.rejects import Undecodable


def whole(height, width):
    return 1


def decoded(content):
    return decode(content, shrink=whole)


def encode(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def reference(content):
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture
def picture():
    """Smooth colours with a few sharp edges, of odd size."""
    y, x = np.mgrid[:75, :91]
    waves = np.stack([x * 2.5, y * 3.2, 128 + 100 * np.sin((x + y) / 9)], axis=-1)
    waves[20:40, 30:60] = (200, 40, 10)
    return Image.fromarray(waves.clip(0, 255).astype(np.uint8))


@pytest.fixture
def glass(picture):
    """The picture with an alpha channel that runs from clear to opaque."""
    alpha = np.linspace(0, 255, picture.width).astype(np.uint8)
    clear = picture.copy()
    clear.putalpha(Image.fromarray(np.tile(alpha, (picture.height, 1))))
    return clear


def on_white(image):
    image = image.convert("RGBA")
    return np.asarray(
        Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    )


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_plain_jpeg_has_the_same_pixels_from_turbo_as_from_pillow(
    picture, mode, subsampling, progressive
):
    options = {} if mode == "L" else {"subsampling": subsampling}
    content = encode(picture.convert(mode), "JPEG", progressive=progressive, quality=85, **options)
    found = decoded(content)
    assert found.decoder == "turbo"
    np.testing.assert_array_equal(found.pixels, reference(content))


def test_a_jpeg_stored_as_rgb_has_the_same_pixels_as_from_pillow(picture):
    content = encode(picture, "JPEG", keep_rgb=True, quality=90)
    assert simplejpeg.decode_jpeg_header(content)[2] == "RGB"
    np.testing.assert_array_equal(decoded(content).pixels, reference(content))


def test_cmyk_equals_pillows_conversion_adobe_inverted_or_not(picture):
    content = encode(picture.convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in content
    found = decoded(content)
    assert found.decoder == "pillow"
    np.testing.assert_array_equal(found.pixels, reference(content))
    assert np.abs(found.pixels.astype(int) - np.asarray(picture)).mean() < 6
    start = content.index(b"\xff\xee")
    plain = content[:start] + content[start + 16 :]
    np.testing.assert_array_equal(decoded(plain).pixels, reference(plain))


def test_ycck_equals_pillows_conversion(picture):
    inks = 255 - np.asarray(picture.convert("CMYK"))
    content = simplejpeg.encode_jpeg(np.ascontiguousarray(inks), colorspace="CMYK")
    assert simplejpeg.decode_jpeg_header(content)[2] == "YCCK"
    found = decoded(content)
    assert found.decoder == "pillow"
    np.testing.assert_array_equal(found.pixels, reference(content))


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"quality": 80}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
        ("TIFF", {"compression": "jpeg"}),
        ("TIFF", {"compression": "packbits"}),
    ],
    ids=str,
)
def test_an_rgb_image_of_another_format_equals_pillow(picture, kind, options):
    content = encode(picture, kind, **options)
    found = decoded(content)
    assert (found.decoder, found.size) == ("pillow", (75, 91))
    np.testing.assert_array_equal(found.pixels, reference(content))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "GIF", "WEBP"])
@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_grey_palette_and_one_bit_images_equal_pillow(picture, kind, mode):
    image = picture.quantize(32) if mode == "P" else picture.convert(mode)
    content = encode(image, kind)
    np.testing.assert_array_equal(decoded(content).pixels, reference(content))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_becomes_white(glass, kind, mode):
    content = encode(glass.convert(mode), kind, **({"lossless": True} if kind == "WEBP" else {}))
    found = decoded(content).pixels
    np.testing.assert_array_equal(found, on_white(Image.open(io.BytesIO(content))))
    assert (found[:, 0] == 255).all()
    opaque = np.asarray(glass.convert(mode).convert("RGBA"))[:, -1, :3]
    np.testing.assert_array_equal(found[:, -1], opaque)


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_palette_colour_becomes_white(picture, kind):
    image = picture.quantize(16)
    clear = image.getpixel((45, 30))
    content = encode(image, kind, transparency=clear)
    found = decoded(content).pixels
    mask = np.asarray(image) == clear
    assert mask.any()
    assert (found[mask] == 255).all()
    np.testing.assert_array_equal(found[~mask], np.asarray(image.convert("RGB"))[~mask])


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_png_colour_key_becomes_white(picture, mode):
    image = picture.convert(mode)
    key = image.getpixel((45, 30))
    found = decoded(encode(image, "PNG", transparency=key)).pixels
    assert (found[30, 45] == 255).all()
    np.testing.assert_array_equal(found[0, 0], np.asarray(image.convert("RGB"))[0, 0])


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_not_clipped(kind):
    levels = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    found = decoded(encode(Image.fromarray(levels), kind)).pixels
    np.testing.assert_array_equal(found[:, :, 0], np.round(levels / 257).astype(np.uint8))
    np.testing.assert_array_equal(found[:, :, 0], found[:, :, 2])
    assert (found.min(), found.max()) == (0, 255)


def test_sixteen_bit_grey_of_a_big_endian_tiff_is_scaled_as_well():
    levels = np.linspace(0, 65535, 4096).astype(np.uint16).reshape(64, 64)
    image = Image.frombytes("I;16B", (64, 64), levels.astype(">u2").tobytes())
    found = decoded(encode(image, "TIFF")).pixels
    np.testing.assert_array_equal(found[:, :, 0], np.round(levels / 257).astype(np.uint8))


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_thirty_two_bit_samples_are_refused_rather_than_guessed(dtype):
    content = encode(Image.fromarray(np.ones((8, 8), dtype=dtype)), "TIFF")
    with pytest.raises(Undecodable) as caught:
        decoded(content)
    assert caught.value.reject.reason == "unsupported"


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_or_many_pages_the_first_frame_counts(picture, kind):
    others = [Image.new("RGB", picture.size, colour) for colour in ("black", "white")]
    extra = {"lossless": True} if kind == "WEBP" else {}
    content = encode(picture, kind, save_all=True, append_images=others, **extra)
    with Image.open(io.BytesIO(content)) as image:
        assert image.n_frames == 3
    found = decoded(content).pixels
    np.testing.assert_array_equal(found, reference(content))
    assert np.abs(found.astype(int) - np.asarray(picture)).mean() < 12


def test_a_decoder_is_chosen_by_the_bytes_alone(picture):
    assert decoded(encode(picture, "JPEG")).decoder == "turbo"
    assert decoded(encode(picture, "PNG")).decoder == "pillow"


def test_bytes_after_the_end_of_a_jpeg_do_no_harm(picture):
    content = encode(picture, "JPEG")
    found = decoded(content + b"\0trailing maker notes" * 50)
    np.testing.assert_array_equal(found.pixels, reference(content))


def test_stray_bytes_between_the_segments_of_a_jpeg_leave_it_to_pillow(picture):
    content = encode(picture, "JPEG")
    at = content.index(b"\xff\xdb")
    found = decoded(content[:at] + b"\0\0\0" + content[at:])
    assert found.decoder == "pillow"
    np.testing.assert_array_equal(found.pixels, reference(content))


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_a_jpeg_is_shrunk_by_exactly_the_factor_asked_for(factor):
    image = Image.effect_noise((403, 301), 40).convert("RGB")
    found = decode(encode(image, "JPEG"), shrink=lambda height, width: factor)
    assert found.decoder == f"turbo-1/{factor}"
    assert found.size == (301, 403)
    assert found.pixels.shape == (-(-301 // factor), -(-403 // factor), 3)


def test_a_jpeg_of_endless_scans_is_refused_before_it_is_decoded(monkeypatch):
    picture = Image.effect_noise((64, 64), 50)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", progressive=True)
    content = buffer.getvalue()
    assert isinstance(prepare(content, size=(32, 32)), Prepared)
    monkeypatch.setattr("fruits.images.turbo.MAX_SCANS", 3)
    reject = prepare(content, size=(32, 32))
    assert isinstance(reject, Reject)
    assert reject.reason == "corrupt"
    assert "scans; the limit is 3" in reject.detail
