"""A seeded fuzzer of image files: good and odd ones, damaged ones, bombs, and no images at all.

File number i depends on the seed and on i alone, not on how many files are drawn, so that one that
makes trouble can be drawn again by itself: `draw(4711, seed=1)`.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np
import simplejpeg
from PIL import Image

T = TypeVar("T")
Rng = np.random.Generator
Size = tuple[int, int]
"""(width, height), as headers have it."""

SUFFIXES = {
    "jpeg": ("jpg", "jpeg", "JPG"),
    "png": ("png", "PNG"),
    "gif": ("gif",),
    "bmp": ("bmp", "Bmp"),
    "tiff": ("tif", "tiff", "TIFF"),
    "webp": ("webp",),
}
"""The endings under which each format is honestly stored; a lie is another format's."""


@dataclass(frozen=True)
class Fuzzed:
    """A file: its relative path, its bytes, and in a word what was done to it."""

    name: str
    content: bytes
    kind: str


def fuzzed(count: int, seed: int) -> Iterator[Fuzzed]:
    """Draw the first `count` files of this seed."""
    return (draw(index, seed) for index in range(count))


def draw(index: int, seed: int) -> Fuzzed:
    """Draw file number `index`."""
    rng = np.random.default_rng((seed, index))
    kind = _one_of(rng, KINDS)
    form, content = _MADE[kind](rng) if kind in _MADE else _damaged(kind, rng)
    lies = kind == "lying" or form not in SUFFIXES
    endings = [end for name, ends in SUFFIXES.items() if (name == form) != lies for end in ends]
    name = f"{_pick(rng, ('Training', 'Test'))}/{form}/{index:05d} {kind}.{_pick(rng, endings)}"
    return Fuzzed(name, content, kind)


def _pick(rng: Rng, options: Sequence[T]) -> T:
    return options[int(rng.integers(len(options)))]


def _one_of(rng: Rng, shares: dict[str, float]) -> str:
    total = sum(shares.values())
    return str(rng.choice(list(shares), p=[share / total for share in shares.values()]))


# --- Good files of every format and mode ----------------------------------------------------------


def _picture(rng: Rng) -> Image.Image:
    """A smooth picture of 8 to 120 pixels a side."""
    noise = rng.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    width, height = (int(side) for side in rng.integers(8, 121, 2))
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def _glass(rng: Rng) -> Image.Image:
    """A picture with an alpha channel that runs from clear to opaque."""
    picture = _picture(rng)
    alpha = np.linspace(0, 255, picture.width).astype(np.uint8)
    picture.putalpha(Image.fromarray(np.tile(alpha, (picture.height, 1))))
    return picture


def _of_mode(mode: str, rng: Rng) -> Image.Image:
    if mode in ("RGBA", "LA"):
        return _glass(rng).convert(mode)
    if mode == "P":
        return _picture(rng).quantize(int(rng.integers(2, 65)))
    if mode == "I;16":
        return Image.fromarray(np.asarray(_picture(rng).convert("L")).astype(np.uint16) * 257)
    if mode in ("I", "F"):
        return _picture(rng).convert("L").convert(mode)
    if mode == "LAB":  # any three channels will do
        return Image.merge("LAB", _picture(rng).split())
    return _picture(rng).convert(mode)


def _packed(image: Image.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def _exif(rng: Rng) -> dict[str, bytes]:
    """Now and then an EXIF block: an orientation, and tags of several types for damage to meet."""
    if rng.random() > 0.25:
        return {}
    exif = Image.Exif()
    exif[0x0112] = int(rng.integers(1, 9))
    exif[0x010F], exif[0x0128] = "Orchard", 2
    exif[0x011A] = exif[0x011B] = 72.0
    return {"exif": exif.tobytes()}


def _frames(image: Image.Image, rng: Rng) -> dict[str, Any]:
    """Now and then more frames or pages."""
    if rng.random() > 0.15:
        return {}
    turned = [image.rotate(180), image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    return {"save_all": True, "append_images": turned}


def _jpeg(rng: Rng) -> bytes:
    mode = _one_of(rng, {"RGB": 0.76, "L": 0.12, "CMYK": 0.08, "YCCK": 0.04})
    quality = int(rng.integers(5, 98))
    if mode == "YCCK":  # Pillow reads it, but does not write it
        inks = np.ascontiguousarray(255 - np.asarray(_of_mode("CMYK", rng)))
        return bytes(simplejpeg.encode_jpeg(inks, colorspace="CMYK", quality=quality))
    options: dict[str, Any] = {"progressive": bool(rng.random() < 0.3)}
    options["optimize"] = bool(rng.random() < 0.3)
    if mode == "RGB":
        stored = ({"subsampling": "4:4:4"}, {"subsampling": "4:2:2"}, {"keep_rgb": True})
        options |= _pick(rng, (*stored, {"subsampling": "4:2:0"}, {}, {}))
    if rng.random() < 0.2:
        options["restart_marker_blocks"] = int(rng.integers(1, 9))
    return _packed_jpeg(_of_mode(mode, rng), rng, quality=quality, **options)


def _packed_jpeg(image: Image.Image, rng: Rng, **options: Any) -> bytes:
    """Now and then of a size that is decoded shrunk, or with a second picture, as phones write."""
    if rng.random() < 0.1:
        image = image.resize((image.width * 6, image.height * 6), Image.Resampling.BICUBIC)
    frames = _frames(image, rng) if image.mode == "RGB" else {}
    return _packed(image, "MPO" if frames else "JPEG", **options, **frames, **_exif(rng))


def _png(rng: Rng) -> bytes:
    if rng.random() < 0.25:
        pixels = np.asarray(_of_mode(_pick(rng, ("RGB", "L", "RGBA")), rng))
        deep = pixels.astype(np.uint16) * 257
        picked = deep if rng.random() < 0.4 else pixels
        return _png_by_hand(picked, interlaced=bool(rng.random() < 0.6))
    mode = _pick(rng, ("RGB", "RGB", "RGBA", "P", "P", "L", "LA", "1", "I;16"))
    options: dict[str, Any] = {}
    if mode in ("P", "L") and rng.random() < 0.6:
        levels = bytes(rng.integers(0, 256, 8, dtype=np.uint8))
        options["transparency"] = levels if mode == "P" and rng.random() < 0.5 else 1
    image = _of_mode(mode, rng)
    return _packed(image, "PNG", **options, **_exif(rng), **_frames(image, rng))


def _gif(rng: Rng) -> bytes:
    image = _of_mode(_pick(rng, ("P", "P", "L", "1", "RGB", "RGBA")), rng)
    options = {"transparency": 0} if image.mode == "P" and rng.random() < 0.3 else {}
    return _packed(image, "GIF", **options, **_frames(image, rng))


def _bmp(rng: Rng) -> bytes:
    return _packed(_of_mode(_pick(rng, ("RGB", "RGB", "RGBA", "P", "L", "1")), rng), "BMP")


def _tiff(rng: Rng) -> bytes:
    modes = ("RGB", "RGB", "RGBA", "P", "L", "LA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F")
    codecs = {"1": ("group3", "group4", "packbits"), "jpeg": ("jpeg",)}
    codec = _one_of(rng, {"any": 0.8, "1": 0.1, "jpeg": 0.1})
    image = _of_mode({"1": "1", "jpeg": "RGB"}.get(codec) or _pick(rng, modes), rng)
    plain = (None, "tiff_lzw", "tiff_adobe_deflate", "packbits")
    compression = _pick(rng, codecs.get(codec, plain))
    more = _exif(rng) if rng.random() < 0.5 else _frames(image, rng)
    return _packed(image, "TIFF", compression=compression, **more)


def _webp(rng: Rng) -> bytes:
    image = _of_mode(_pick(rng, ("RGB", "RGB", "RGBA", "L")), rng)
    options = {"quality": int(rng.integers(5, 98)), "lossless": bool(rng.random() < 0.4)}
    return _packed(image, "WEBP", method=0, **options, **_exif(rng), **_frames(image, rng))


_FORMS = {"jpeg": 0.34, "png": 0.24, "gif": 0.09, "bmp": 0.06, "tiff": 0.15, "webp": 0.12}
_DRAWN: dict[str, Callable[[Rng], bytes]] = {
    "jpeg": _jpeg,
    "png": _png,
    "gif": _gif,
    "bmp": _bmp,
    "tiff": _tiff,
    "webp": _webp,
}


# --- PNG, chunk by chunk: what Pillow does not write ----------------------------------------------

_PNG = b"\x89PNG\r\n\x1a\n"
_ADAM7 = (
    (slice(0, None, 8), slice(0, None, 8)),
    (slice(0, None, 8), slice(4, None, 8)),
    (slice(4, None, 8), slice(0, None, 4)),
    (slice(0, None, 4), slice(2, None, 4)),
    (slice(2, None, 4), slice(0, None, 2)),
    (slice(0, None, 2), slice(1, None, 2)),
    (slice(1, None, 2), slice(0, None, 1)),
)
"""The rows and columns of each pass of an interlaced PNG (PNG 1.2, section 2.6)."""


def _png_by_hand(pixels: np.ndarray, *, interlaced: bool) -> bytes:
    """Pack uint8 or uint16 [h, w] or [h, w, 3 or 4]: interlaced, or of 16 bits a channel."""
    colour = {1: 0, 3: 2, 4: 6}[pixels.shape[2] if pixels.ndim == 3 else 1]
    big_endian = pixels.astype(pixels.dtype.newbyteorder(">"))
    passes = [big_endian[part] for part in _ADAM7] if interlaced else [big_endian]
    rows = [b"\0" + row.tobytes() for part in passes if part.size for row in part]
    size = (pixels.shape[1], pixels.shape[0])
    header = _header(size, depth=8 * pixels.itemsize, colour=colour, interlaced=interlaced)
    return _PNG + header + _chunk(b"IDAT", zlib.compress(b"".join(rows))) + _chunk(b"IEND")


def _header(size: Size, *, depth: int = 8, colour: int = 0, interlaced: bool = False) -> bytes:
    return _chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlaced))


def _chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


# --- Other formats, and no images at all ----------------------------------------------------------


def _foreign(rng: Rng) -> tuple[str, bytes]:
    form = _pick(rng, [*_SAVED, *_CONSTANT, "zip", "noise", "zeros"])
    if form in _SAVED:
        return form, _packed(_picture(rng), form.upper())
    if form == "zip":
        return form, _zip(rng)
    if form in ("noise", "zeros"):
        length = int(rng.integers(1, 4000))
        return form, rng.bytes(length) if form == "noise" else bytes(length)
    return form, _CONSTANT[form]


def _zip(rng: Rng) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("apple.png", _png(rng))
    return file.getvalue()


Image.init()
_SAVED = [form for form in ("ico", "ppm", "pcx", "pdf", "jpeg2000") if form.upper() in Image.SAVE]
_CONSTANT = {
    "empty": b"",
    "page": b"<!DOCTYPE html><html><body>403 Forbidden</body></html>\n",
    "drawing": b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="5"/></svg>',
    "letter": "Cher verger, point d'image ici : une pêche.\n".encode() * 20,
    "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d4d\nsize 12345\n",
    "video": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(200),
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200),
    "photoshop": b"8BPS\0\1" + bytes(6) + b"\0\3\0\0\0\x20\0\0\0\x20\0\x08\0\3",
    "fork": b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(60),
}


# --- Bombs ----------------------------------------------------------------------------------------

_HUGE = ((60_000, 60_000), (65_535, 65_535), (10_001, 10_000), (16_384, 16_384), (1, 200_000_000))
"""Sizes beyond the limit of 100 megapixels, the first ones as far as their header's fields go."""
_LONG = ((70_000_000, 1), (1, 70_000_000), (2_000_000, 3))
"""Sizes within it whose one side alone is too much for a decoder."""
_LARGE = ((3000, 2000), (2500, 2500))
"""Sizes such as photos have: the header may be believed, the data are missing."""
_SIZES = {"huge": 0.7, "long": 0.15, "large": 0.15}


def _bomb(rng: Rng) -> tuple[str, bytes]:
    if rng.random() < 0.012:
        return "png", _desert(_pick(rng, ((9000, 9000), (3, 2_000_000))))
    if rng.random() < 0.2:
        return "png", _inflated(_pick(rng, (b"zTXt", b"iTXt", b"iCCP")))
    form = _pick(rng, list(_RESIZED))
    size = _pick(rng, {"huge": _HUGE, "long": _LONG, "large": _LARGE}[_one_of(rng, _SIZES)])
    return form, _RESIZED[form](_DRAWN[form](rng), size)


@cache
def _desert(size: Size) -> bytes:
    """A real picture of sand: 81 megapixels in 80 kB are read, a side of two millions is not."""
    sand = zlib.compress((b"\0" + b"\xc8" * size[0]) * size[1], 1)
    return _PNG + _header(size) + _chunk(b"IDAT", sand) + _chunk(b"IEND")


@cache
def _inflated(name: bytes) -> bytes:
    """A good little PNG whose text or colour profile unpacks to 40 MB."""
    start = {b"zTXt": b"a\0\0", b"iTXt": b"a\0\1\0\0\0", b"iCCP": b"a\0\0"}[name]
    mass = _chunk(name, start + zlib.compress(bytes(40_000_000)))
    pixels = _chunk(b"IDAT", zlib.compress(b"\0" + bytes(8)))
    return _PNG + _header((8, 1)) + mass + pixels + _chunk(b"IEND")


def _resized_png(content: bytes, size: Size) -> bytes:
    header = struct.pack(">II", *size) + content[24:29]
    return content[:8] + _chunk(b"IHDR", header) + content[33:]


def _resized_jpeg(content: bytes, size: Size) -> bytes:
    frame = re.compile(rb"(\xff[\xc0-\xc2]..\x08)....", re.DOTALL)
    height_width = struct.pack(">HH", min(size[1], 65_535), min(size[0], 65_535))
    return frame.sub(lambda found: found[1] + height_width, content, count=1)


def _resized_gif(content: bytes, size: Size) -> bytes:
    """Enlarge the screen, and the first frame with it."""
    width_height = struct.pack("<HH", *(min(side, 65_535) for side in size))
    return content[:6] + content[6:].replace(content[6:10], width_height, 2)


def _resized_bmp(content: bytes, size: Size) -> bytes:
    return content[:18] + struct.pack("<ii", *size) + content[26:]


def _resized_tiff(content: bytes, size: Size) -> bytes:
    for tag, side in zip((0x100, 0x101), size, strict=True):
        entry = re.compile(
            struct.pack("<H", tag) + rb"[\x03\x04]\x00\x01\x00\x00\x00....", re.DOTALL
        )
        value = struct.pack("<HHII", tag, 4, 1, side)
        content = entry.sub(lambda found, value=value: value, content, count=1)
    return content


def _resized_webp(content: bytes, size: Size) -> bytes:
    width, height = (min(side, 16_384) - 1 for side in size)
    if content[12:16] == b"VP8X":
        canvas = width.to_bytes(3, "little") + height.to_bytes(3, "little")
        return content[:24] + canvas + content[30:]
    if content[12:16] == b"VP8L":
        return content[:21] + (height << 14 | width).to_bytes(4, "little") + content[25:]
    return content[:26] + struct.pack("<HH", width + 1 & 0x3FFF, height + 1 & 0x3FFF) + content[30:]


_RESIZED: dict[str, Callable[[bytes, Size], bytes]] = {
    "jpeg": _resized_jpeg,
    "png": _resized_png,
    "gif": _resized_gif,
    "bmp": _resized_bmp,
    "tiff": _resized_tiff,
    "webp": _resized_webp,
}


# --- Damage ---------------------------------------------------------------------------------------

_BORDERS = re.compile(
    rb"\xff[\xc0-\xfe]|IHDR|PLTE|tRNS|eXIf|IDAT|IEND|VP8|ALPH|ANMF|EXIF|GIF8|!\xf9|,\0\0\0\0"
)
"""Where a marker, a chunk or a block starts."""
_EXIF = re.compile(rb"(?:Exif\0\0|eXIf|EXIF....)(.{80})", re.DOTALL)


def _damaged(kind: str, rng: Rng) -> tuple[str, bytes]:
    form = _one_of(rng, {"png": 1} if kind == "checksum" else _FORMS)
    return form, _DAMAGE[kind](_DRAWN[form](rng), rng)


def _misinformed(rng: Rng) -> tuple[str, bytes]:
    """Damage the EXIF block and nothing else."""
    form, content, found = _pick(rng, ("jpeg", "png", "webp")), b"", None
    while not found:
        content = _DRAWN[form](rng)
        found = _EXIF.search(content)
    start, end = found.span(1)
    return form, content[:start] + _flipped(content[start:end], rng) + content[end:]


def _untouched(content: bytes, rng: Rng) -> bytes:
    return content


def _truncated(content: bytes, rng: Rng) -> bytes:
    """Cut in the signature and header, about a border, in the last bytes, or anywhere."""
    borders = [found.start() for found in _BORDERS.finditer(content)]
    ends = (
        int(rng.integers(1, 64)),
        _pick(rng, borders or [0]) + int(rng.integers(-3, 12)),
        len(content) - int(rng.integers(1, 17)),
        int(rng.integers(len(content))),
    )
    return content[: max(1, _pick(rng, ends))]


def _flipped(content: bytes, rng: Rng) -> bytes:
    """Flip 1 to 128 bits, in every third file within the header only."""
    broken = np.frombuffer(content, np.uint8).copy()
    reach = min(len(broken), 200) if rng.random() < 1 / 3 else len(broken)
    places = rng.integers(0, reach, 2 ** int(rng.integers(0, 8)))
    np.bitwise_xor.at(broken, places, np.uint8(1) << rng.integers(0, 8, len(places), np.uint8))
    return broken.tobytes()


def _overwritten(content: bytes, rng: Rng) -> bytes:
    """Lay a run of zeros, of ones, of noise or of another place's bytes over a place."""
    start, end = _span(content, rng)
    length = end - start
    other = int(rng.integers(len(content)))
    runs = (bytes(length), b"\xff" * length, rng.bytes(length), content[other : other + length])
    return content[:start] + _pick(rng, runs) + content[end:]


def _extreme(content: bytes, rng: Rng) -> bytes:
    """Set a field of the header to a value that no one expects."""
    at = int(rng.integers(2, min(len(content), 250)))
    values = (b"\0", b"\xff", b"\0\0", b"\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff" * 4)
    value = _pick(rng, values)
    return content[:at] + value + content[at + len(value) :]


def _inserted(content: bytes, rng: Rng) -> bytes:
    start, end = _span(content, rng)
    return content[:start] + rng.bytes(end - start) + content[start:]


def _deleted(content: bytes, rng: Rng) -> bytes:
    start, end = _span(content, rng)
    return content[:start] + content[end:]


def _appended(content: bytes, rng: Rng) -> bytes:
    length = int(rng.integers(1, 2000))
    return content + _pick(rng, (rng.bytes(length), bytes(length), content, b"\r\n"))


def _spliced(content: bytes, rng: Rng) -> bytes:
    """Go on as another file."""
    other = _DRAWN[_one_of(rng, _FORMS)](rng)
    return content[: int(rng.integers(len(content)))] + other[int(rng.integers(len(other))) :]


def _wrong_checksum(content: bytes, rng: Rng) -> bytes:
    """Spoil the checksum of one of a PNG's chunks."""
    ends, at = [], len(_PNG)
    while at < len(content):
        at += 12 + int.from_bytes(content[at : at + 4], "big")
        ends.append(at)
    end = _pick(rng, ends)
    return content[: end - 1] + bytes([content[end - 1] ^ 0x55]) + content[end:]


def _span(content: bytes, rng: Rng) -> tuple[int, int]:
    """A run of 1 to 512 bytes, short ones as often as long ones."""
    start = int(rng.integers(len(content)))
    return start, min(len(content), start + int(2 ** rng.uniform(0, 9)))


KINDS = {
    "good": 0.15,
    "lying": 0.05,
    "truncated": 0.20,
    "flipped": 0.18,
    "overwritten": 0.08,
    "extreme": 0.07,
    "inserted": 0.05,
    "deleted": 0.04,
    "appended": 0.03,
    "metadata": 0.03,
    "spliced": 0.04,
    "checksum": 0.02,
    "bomb": 0.05,
    "foreign": 0.04,
}
"""What becomes of the files, and of how many of them."""

_MADE = {"bomb": _bomb, "foreign": _foreign, "metadata": _misinformed}
_DAMAGE: dict[str, Callable[[bytes, Rng], bytes]] = {
    "good": _untouched,
    "lying": _untouched,
    "truncated": _truncated,
    "flipped": _flipped,
    "overwritten": _overwritten,
    "extreme": _extreme,
    "inserted": _inserted,
    "deleted": _deleted,
    "appended": _appended,
    "spliced": _spliced,
    "checksum": _wrong_checksum,
}
