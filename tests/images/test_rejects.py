"""A bad image is data: it comes back with its reason, and never raises."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from fruits.images.prepare import MAX_PIXELS, REASONS, Prepared, Reject, prepare

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

SIZE = (32, 32)
KINDS = ["JPEG", "progressive", "CMYK", "PNG", "GIF", "WEBP", "BMP", "TIFF", "LZW"]


def encode(kind):
    pixels = np.random.default_rng(1).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    image = image.convert("CMYK") if kind == "CMYK" else image
    options = {"progressive": {"progressive": True}, "LZW": {"compression": "tiff_lzw"}}
    container = {"progressive": "JPEG", "CMYK": "JPEG", "LZW": "TIFF"}.get(kind, kind)
    file = io.BytesIO()
    image.save(file, container, **options.get(kind, {}))
    return file.getvalue()


def rejected(content):
    outcome = prepare(content, size=SIZE)
    assert isinstance(outcome, Reject), outcome
    assert outcome.reason in REASONS
    assert 0 < len(outcome.detail) <= 200
    assert outcome.detail.isprintable()
    assert "0x7" not in outcome.detail, "an address in memory is no explanation"
    return outcome


def test_an_empty_file_is_rejected_as_empty():
    assert rejected(b"") == Reject("empty", "the file has no bytes")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"not an image at all\n" * 20, "400 bytes"),
        (b"\n<!DOCTYPE html><html>404</html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (bytes(5000), "5000 bytes"),
        (b"\xff", "1 byte"),
    ],
)
def test_what_is_no_image_is_rejected_with_a_hint(content, word):
    outcome = rejected(content)
    assert outcome.reason == "not-an-image"
    assert word in outcome.detail


@pytest.mark.parametrize("brand", [b"heic", b"avif", b"mif1"])
def test_an_image_that_we_do_not_decode_is_named(brand):
    outcome = rejected(b"\0\0\0\x20ftyp" + brand + bytes(200))
    assert outcome.reason == "unsupported"
    assert "convert it" in outcome.detail


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.75, 0.9])
def test_a_truncated_image_is_rejected_with_its_reason(kind, share):
    content = encode(kind)
    assert isinstance(prepare(content, size=SIZE), Prepared)
    assert rejected(content[: int(len(content) * share)]).reason == "truncated"


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_cut_within_its_header_is_rejected(kind):
    content = encode(kind)
    for length in (*range(1, 64), 100, 200):
        assert rejected(content[:length]).reason in {"truncated", "corrupt", "not-an-image"}


@pytest.mark.parametrize("kind", ["JPEG", "progressive", "CMYK"])
def test_a_truncated_jpeg_that_pretends_to_end_is_rejected_where_pillow_fills_it_with_grey(kind):
    content = encode(kind)
    faked = content[: int(len(content) * 0.9)] + b"\xff\xd9"
    Image.open(io.BytesIO(faked)).load()
    assert rejected(faked).reason == "truncated"


def test_a_jpeg_without_its_last_two_bytes_is_truncated():
    assert rejected(encode("JPEG")[:-2]).reason == "truncated"


def test_a_jpeg_with_impossible_codes_is_corrupt_where_pillow_fills_it_with_noise():
    content = bytearray(encode("JPEG"))
    middle = len(content) // 2
    content[middle : middle + 400] = b"\xff\0" * 200  # only ones: no Huffman code may be that
    Image.open(io.BytesIO(content)).load()
    assert rejected(bytes(content)).reason == "corrupt"


@pytest.mark.parametrize("kind", KINDS)
def test_random_damage_never_raises(kind):
    content = encode(kind)
    rng = np.random.default_rng(9)
    for _ in range(60):
        damaged = bytearray(content)
        for at in rng.integers(0, min(len(content), rng.choice([64, 700, 10**6])), 12):
            damaged[at] = rng.integers(256)
        outcome = prepare(bytes(damaged), size=SIZE)
        if isinstance(outcome, Prepared):
            assert outcome.pixels.shape == (32, 32, 3)
        else:
            assert outcome.reason in REASONS


def resized_header(kind, width, height):
    """An image whose header announces another size than its pixels have."""
    content = bytearray(encode(kind))
    at, layout = {"GIF": (6, "<HH"), "BMP": (18, "<ii"), "PNG": (16, ">II")}.get(kind, (0, ">HH"))
    if kind == "JPEG":
        struct.pack_into(">HH", content, content.index(b"\xff\xc0") + 5, height, width)
    else:
        struct.pack_into(layout, content, at, width, height)
    if kind == "PNG":
        struct.pack_into(">I", content, 29, zlib.crc32(content[12:29]))
    return bytes(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP"])
@pytest.mark.parametrize("side", [10_001, 12_000, 60_000])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_decompression_bomb_is_refused_by_its_header_alone(kind, side):
    assert side * side > MAX_PIXELS
    assert rejected(resized_header(kind, side, side)).reason == "too-large"


def test_a_suffix_that_lies_does_not_matter_since_only_bytes_are_seen():
    assert isinstance(prepare(encode("PNG"), size=SIZE), Prepared)
