"""Which paths are listed as images, and what the first bytes say."""

import io

import pytest
from PIL import Image

from fruits.images.formats import SUFFIXES, foreign_format, is_cut_short, is_image_path, sniff


def encode(name: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (20, 10), "orange").save(file, name)
    return file.getvalue()


def test_the_eight_suffixes_are_the_ones_of_the_contract():
    assert {"jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif"} == SUFFIXES


@pytest.mark.parametrize(
    "path",
    [
        "a.jpg",
        "Training/Apple Red/1_100.JPG",
        "x/y.TiFf",
        "é/ünï%20code#1.WebP",
        "a.b/c.d.png",
        "./a.gif",
    ],
)
def test_an_image_path_is_recognised_in_any_case_and_alphabet(path):
    assert is_image_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "jpg",
        ".jpg",
        "readme.txt",
        "a.jpg.part",
        "a.jpg/",
        "a.jpg/notes.txt",
        "Apple/._1.jpg",
        "__MACOSX/Apple/1.jpg",
        "x/__MACOSX/1.jpg",
        "Apple/.hidden.png",
        ".thumbnails/1.png",
        "archive.zip",
    ],
)
def test_hidden_files_resource_forks_and_other_files_are_not_images(path):
    assert not is_image_path(path)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_the_bytes_name_the_format(name):
    assert sniff(encode(name)) == name.lower()


@pytest.mark.parametrize("content", [b"", b"\xff", b"hello", b"RIFF1234WAVE", b"<html>"])
def test_bytes_of_another_kind_name_no_format(content):
    assert sniff(content) is None


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (encode("ICO"), "ICO"),
        (encode("JPEG2000"), "JPEG 2000"),
        (b"\0\0\0\x20ftypavif" + bytes(20), "AVIF"),
        (b"\0\0\0\x18ftypheic" + bytes(20), "HEIC"),
        (b"%PDF-1.7", "PDF"),
        (b"hello", None),
        (b"", None),
    ],
)
def test_an_image_of_a_foreign_format_is_named(content, name):
    assert sniff(content) is None
    assert foreign_format(content) == name


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "BMP", "GIF"])
def test_a_whole_file_is_not_cut_short_and_its_first_half_is(name):
    content = encode(name)
    kind = sniff(content)
    assert kind is not None
    assert not is_cut_short(content, kind)
    assert is_cut_short(content[: len(content) // 2], kind)
