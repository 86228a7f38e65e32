"""Image files with a name and a place planted wherever their formats let one be written."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

NAME = "Zebulon Quickfoot"
PLACES = (48.858370, 2.294481)

MARKS = (
    NAME.encode(),
    NAME.encode("utf-16-le"),
    NAME.encode("utf-16-be"),
    b"GPSLatitude",
    b"Quickfoot",
)
"""What must not be found in a file that has been stripped."""


def pixels(size: tuple[int, int] = (37, 23), seed: int = 3) -> Image.Image:
    _width, _height = size
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def exif_bytes(orientation: int = 6) -> bytes:
    """An EXIF with GPS, a maker note, a comment, names and a date."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = NAME
    exif[0x013B] = NAME
    exif[0x8298] = NAME
    exif[0x9C9D] = NAME.encode("utf-16-le")
    details = exif.get_ifd(0x8769)
    details[0x927C] = b"MakerNote" + NAME.encode()
    details[0x9286] = b"ASCII\0\0\0" + NAME.encode()
    details[0xA430] = NAME
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (48.0, 51.0, 30.13)
    place[3], place[4] = "E", (2.0, 17.0, 40.13)
    place[0x1B] = b"GPSLatitude " + NAME.encode()
    return exif.tobytes()


def xmp() -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
        f'syntax-ns#"><rdf:Description exif:GPSLatitude="48,51.5N" dc:creator="{NAME}"/></rdf:RDF>'
        "</x:xmpmeta>"
    ).encode()


def thumbnail() -> bytes:
    """A JPEG that itself holds the name, as thumbnails and second pictures do."""
    buffer = io.BytesIO()
    pixels((8, 8)).save(buffer, "JPEG", comment=NAME.encode())
    return buffer.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg(*, progressive: bool = False, mode: str = "RGB", orientation: int = 6) -> bytes:
    """A JPEG with APP0 to APP15, comments, thumbnails and more behind its end."""
    buffer = io.BytesIO()
    pixels().convert(mode).save(buffer, "JPEG", quality=90, progressive=progressive)
    plain = buffer.getvalue()
    name = NAME.encode()
    jfif = b"JFIF\0\1\1\0\0\1\0\1\1\1" + name[:3]
    planted = segment(0xE0, b"JFXX\0\x10" + thumbnail())
    planted += segment(0xE1, b"Exif\0\0" + exif_bytes(orientation).removeprefix(b"Exif\0\0"))
    planted += segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp())
    planted += segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + name)
    planted += segment(0xE2, b"MPF\0" + name) + segment(0xE2, b"ICC_PROFILE\0\1\1" + name)
    planted += segment(0xED, b"Photoshop 3.0\x008BIM\4\4\0\0" + b"\x1c\2\x50" + name)
    planted += b"".join(segment(0xE0 + n, name) for n in (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15))
    planted += segment(0xFE, name)
    start = 2 + 2 + struct.unpack(">H", plain[4:6])[0] if plain[2:4] == b"\xff\xe0" else 2
    head = b"\xff\xd8" + (segment(0xE0, jfif) if start > 2 else b"")
    body = plain[start:]
    first_scan = body.index(b"\xff\xda")
    late = body.index(b"\xff", first_scan + 20) if not progressive else _second_scan(body)
    body = body[:late] + (segment(0xFE, name) if progressive else b"") + body[late:]
    return head + planted + body + thumbnail() + b"\nSEFT" + name


def _second_scan(body: bytes) -> int:
    first = body.index(b"\xff\xda")
    return next(
        at for at in range(first + 14, len(body) - 1)
        if body[at] == 0xFF and body[at + 1] in (0xC4, 0xDA)
    )  # fmt: skip


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(mode: str = "RGB", orientation: int = 6) -> bytes:
    """A PNG with every chunk of text, EXIF, a profile, a private chunk and more behind its end."""
    buffer = io.BytesIO()
    image = pixels().convert(mode)
    options = {"transparency": 3} if mode == "P" else {}
    image.save(buffer, "PNG", **options)
    plain, name = buffer.getvalue(), NAME.encode()
    head, rest = plain[:33], plain[33:]
    planted = chunk(b"tEXt", b"Author\0" + name) + chunk(b"zTXt", b"C\0\0" + zlib.compress(name))
    planted += chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp())
    planted += chunk(b"iCCP", name[:20] + b"\0\0" + zlib.compress(name))
    planted += chunk(b"eXIf", exif_bytes(orientation).removeprefix(b"Exif\0\0"))
    planted += chunk(b"tIME", struct.pack(">HBBBBB", 2026, 11, 21, 1, 2, 3))
    planted += chunk(b"prVt", name) + chunk(b"sPLT", name + b"\0\x08")
    end = rest[:-12]
    return head + planted + end + chunk(b"tEXt", b"Late\0" + name) + rest[-12:] + name


def webp(*, lossless: bool = False, animated: bool = False, orientation: int = 6) -> bytes:
    """A WebP with EXIF, XMP, a profile, unknown chunks, within frames too, and a tail."""
    buffer, name = io.BytesIO(), NAME.encode()
    frames = [pixels(seed=seed) for seed in (4, 5)]
    more = {"save_all": True, "append_images": frames} if animated else {}
    pixels().save(
        buffer, "WEBP", lossless=lossless, exif=exif_bytes(orientation), xmp=xmp(),
        icc_profile=name * 4, **more,
    )  # fmt: skip
    content = buffer.getvalue()
    unknown = b"ZZZZ" + struct.pack("<I", len(name) + 1) + name + b"\0"
    body = content[12:]
    if animated:
        at = body.index(b"ANMF")
        size = struct.unpack("<I", body[at + 4 : at + 8])[0]
        frame = body[at + 8 : at + 8 + size] + unknown
        body = body[: at + 4] + struct.pack("<I", len(frame)) + frame + body[at + 8 + size :]
    body += unknown
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body + name


def tiff(mode: str = "RGB", *, orientation: int = 6, **options: object) -> bytes:
    """A TIFF with texts, EXIF, GPS, XMP, IPTC, Photoshop blocks, a private tag, two pages."""
    buffer, page = io.BytesIO(), pixels(seed=9).convert(mode)
    pixels().convert(mode).save(buffer, "TIFF", save_all=True, append_images=[page], **options)
    return graft(buffer.getvalue(), orientation) + NAME.encode()


TEXTS = (269, 270, 271, 272, 285, 305, 306, 315, 316, 33432)
BLOCKS = (700, 33723, 34377, 34675, 37724, 65000)


def graft(plain: bytes, orientation: int) -> bytes:
    """Append a directory with everything that the first one has, and much that is private."""
    big = plain[2] == 43
    number, count, start = ("Q", "Q", 8) if big else ("I", "H", 4)
    wide, entry = struct.calcsize(number), 20 if big else 12
    first = struct.unpack(f"<{number}", plain[start : start + wide])[0]
    many = struct.unpack(f"<{count}", plain[first : first + struct.calcsize(count)])[0]
    at = first + struct.calcsize(count)
    raw = [plain[at + entry * i : at + entry * (i + 1)] for i in range(many)]
    entries = {struct.unpack("<H", item[:2])[0]: item for item in raw}
    following = plain[at + entry * many :][:wide]
    content = bytearray(plain)

    def add(tag: int, kind: int, data: bytes) -> bytes:
        content.extend(b"\0" * (len(content) % 2))
        place = len(content)
        content.extend(data)
        return struct.pack(f"<HH{number}{number}", tag, kind, len(data), place)

    for tag in TEXTS:
        entries[tag] = add(tag, 2, NAME.encode() + b"\0")
    for tag in BLOCKS:
        entries[tag] = add(tag, 7, NAME.encode() + xmp())
    short = struct.pack(f"<HH{number}H", 274, 3, 1, orientation)
    entries[274] = short.ljust(entry, b"\0")
    for tag in (34665, 34853):  # directories of EXIF and GPS
        inner = [add(inner, 2, b"GPSLatitude " + NAME.encode() + b"\0") for inner in (1, 29)]
        place = len(content)
        content.extend(struct.pack(f"<{count}", len(inner)) + b"".join(inner) + bytes(wide))
        entries[tag] = struct.pack(f"<HH{number}{number}", tag, 16 if big else 4, 1, place)
    content.extend(b"\0" * (len(content) % 2))
    place = len(content)
    directory = b"".join(entries[tag] for tag in sorted(entries))
    content.extend(struct.pack(f"<{count}", len(entries)) + directory + following)
    content[start : start + wide] = struct.pack(f"<{number}", place)
    return bytes(content)


def gif() -> bytes:
    buffer, name = io.BytesIO(), NAME.encode()
    image = pixels().quantize(16)
    image.save(buffer, "GIF", comment=name, save_all=True, append_images=[image.rotate(180)])
    plain = buffer.getvalue()
    start = 13 + (3 * 2 ** ((plain[10] & 7) + 1) if plain[10] & 0x80 else 0)
    blocks = b"\x21\xff\x0bXMP DataXMP" + bytes([len(name)]) + name + b"\0"
    blocks += b"\x21\x01\x0c" + bytes(12) + bytes([len(name)]) + name + b"\0"
    return plain[:start] + blocks + plain[start:] + name


def bmp(mode: str = "RGB") -> bytes:
    """A BMP whose pixels start late, with a name in the gap and one behind."""
    buffer, name = io.BytesIO(), NAME.encode()
    pixels().convert(mode).save(buffer, "BMP")
    plain = bytearray(buffer.getvalue())
    start = struct.unpack("<I", plain[10:14])[0]
    struct.pack_into("<I", plain, 10, start + 32)
    plain[6:10] = name[:4]
    return bytes(plain[:start]) + name.ljust(32, b"!") + bytes(plain[start:]) + name


def everything() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Name every file, and how it is made."""
    yield "baseline.jpg", jpeg
    yield "progressive.jpg", lambda: jpeg(progressive=True)
    yield "grey.jpg", lambda: jpeg(mode="L")
    yield "cmyk.jpg", lambda: jpeg(mode="CMYK")
    for mode in ("RGB", "RGBA", "P", "L", "I;16"):
        yield f"{mode.replace(';', '')}.png", lambda mode=mode: png(mode)
    yield "lossy.webp", webp
    yield "lossless.webp", lambda: webp(lossless=True)
    yield "animated.webp", lambda: webp(animated=True)
    yield "raw.tif", tiff
    yield "lzw.tif", lambda: tiff(compression="tiff_lzw")
    yield "deflate.tif", lambda: tiff(compression="tiff_adobe_deflate")
    yield "jpeg.tif", lambda: tiff(compression="jpeg")
    yield "group4.tif", lambda: tiff("1", compression="group4")
    yield "big.tif", lambda: tiff(big_tiff=True)
    yield "palette.tif", lambda: tiff("P")
    yield from rewritten()


def rewritten() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Name the files whose pixels are written anew, without loss."""
    yield "animated.gif", gif
    yield "rgb.bmp", bmp
    yield "palette.bmp", lambda: bmp("P")
