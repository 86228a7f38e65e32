"""All eight EXIF orientations, in every format that carries them."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from fruits.images.orientation import jpeg_orientation, upright, upright_size
from fruits.images.prepare import Prepared, prepare

ORIENTATION = 0x0112


@pytest.fixture
def picture():
    rng = np.random.default_rng(5)
    blocks = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    return Image.fromarray(blocks.repeat(8, axis=0).repeat(8, axis=1))


def encode(image, kind, orientation=None, **options):
    file = io.BytesIO()
    exif = Image.Exif()
    if orientation is not None:
        exif[ORIENTATION] = orientation
    image.save(file, kind, exif=exif, **options)
    return file.getvalue()


def reference(content):
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_an_oriented_image_equals_what_exif_transpose_gives(picture, kind, orientation):
    content = encode(picture, kind, orientation)
    expected = reference(content)
    prepared = prepare(content, size=expected.shape[:2])
    assert isinstance(prepared, Prepared)
    assert (prepared.height, prepared.width) == expected.shape[:2]
    assert (prepared.width < prepared.height) == (orientation >= 5)
    np.testing.assert_array_equal(prepared.pixels, expected)
    assert prepared.pixels.flags.c_contiguous


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_cmyk_jpeg_is_turned_by_the_fallback_as_well(picture, orientation):
    content = encode(picture.convert("CMYK"), "JPEG", orientation)
    expected = reference(content)
    prepared = prepare(content, size=expected.shape[:2])
    assert isinstance(prepared, Prepared)
    assert prepared.decoder == "pillow"
    np.testing.assert_array_equal(prepared.pixels, expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_equals_pillow_on_bare_pixels(picture, orientation):
    methods = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    method = methods.get(orientation)
    expected = np.asarray(picture if method is None else picture.transpose(method))
    np.testing.assert_array_equal(upright(np.asarray(picture), orientation), expected)
    assert upright_size(48, 72, orientation) == expected.shape[:2]


@pytest.mark.parametrize("orientation", [None, 0, 9, 65535])
def test_an_absent_or_impossible_orientation_leaves_the_image_as_it_is(picture, orientation):
    content = encode(picture, "JPEG", orientation)
    assert jpeg_orientation(content) == 1
    prepared = prepare(content, size=(48, 72))
    assert isinstance(prepared, Prepared)
    np.testing.assert_array_equal(prepared.pixels, np.asarray(Image.open(io.BytesIO(content))))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_exif_does_not_cost_the_picture(picture):
    content = encode(picture, "JPEG", 6)
    start = content.index(b"Exif\0\0") + 6
    for damage in (b"\xff" * 12, b"II*\0\xff\xff\xff\x7f\0\0\0\0", b"MM\0*\0\0\0\x08\xff\xff\1\1"):
        damaged = content[:start] + damage + content[start + len(damage) :]
        assert isinstance(prepare(damaged, size=(48, 48)), Prepared)


@pytest.mark.skipif(
    int(Image.__version__.split(".")[0]) < 11, reason="Pillow reads XMP in JPEGs since version 11"
)
def test_an_orientation_that_only_xmp_gives_is_followed(picture):
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description tiff:Orientation="6"/>'
        b"</rdf:RDF></x:xmpmeta>"
    )
    segment = b"http://ns.adobe.com/xap/1.0/\0" + packet
    plain = encode(picture, "JPEG")
    length = (len(segment) + 2).to_bytes(2, "big")
    content = plain[:2] + b"\xff\xe1" + length + segment + plain[2:]
    assert jpeg_orientation(content) == 6
    prepared = prepare(content, size=(72, 48))
    assert isinstance(prepared, Prepared)
    np.testing.assert_array_equal(prepared.pixels, reference(content))


def test_a_shrunk_jpeg_is_turned_too(picture):
    large = picture.resize((900, 600), Image.Resampling.BICUBIC)
    content = encode(large, "JPEG", 6, quality=95)
    prepared = prepare(content, size=(45, 30))
    assert isinstance(prepared, Prepared)
    assert (prepared.width, prepared.height, prepared.decoder) == (600, 900, "turbo-1/4")
    expected = np.asarray(Image.fromarray(reference(content)).resize((30, 45), 3)).astype(int)
    assert np.abs(prepared.pixels - expected).mean() < 1.0
