"""Which paths and which bytes are images: suffixes decide what is listed, bytes what is decoded."""

from typing import Literal

SUFFIXES = frozenset({"jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif"})
"""The endings, in lower case and without the dot, of the files that a run lists."""

Format = Literal["jpeg", "png", "webp", "bmp", "tiff", "gif"]
"""The formats that are decoded, whatever the file's name says."""

_SIGNATURES: tuple[tuple[bytes, Format], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
)
"""https://en.wikipedia.org/wiki/List_of_file_signatures; the last two are BigTIFF."""

_END_MARKS: dict[Format, bytes] = {"jpeg": b"\xff\xd9", "png": b"IEND", "gif": b"\x3b"}

_FOREIGN: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftypavi", "AVIF"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftyphev", "HEIC"),
    (4, b"ftypmif1", "HEIF"),
    (4, b"ftypmsf1", "HEIF"),
    (4, b"ftyp", "ISO media (video)"),
    (0, b"\0\0\0\x0cjP  \r\n", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"\0\0\0\x0cJXL \r\n", "JPEG XL"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"8BPS", "Photoshop"),
    (0, b"\0\0\1\0", "ICO"),
    (0, b"%PDF", "PDF"),
    (0, b"%!PS", "PostScript"),
    (0, b"<svg", "SVG"),
)


def is_image_path(path: str) -> bool:
    """Tell whether a relative, "/"-separated path is listed as an image.

    The suffix decides, in any case. Hidden files and folders (".x"), among them the "._x" resource
    forks of macOS, and whatever lies in a "__MACOSX" folder are not images.
    """
    *folders, name = path.split("/")
    if name.startswith(".") or any(_is_hidden(folder) for folder in folders):
        return False
    _, dot, suffix = name.rpartition(".")
    return bool(dot) and suffix.lower() in SUFFIXES


def sniff(content: bytes) -> Format | None:
    """Name the format that the first bytes announce; None when it is none of those we decode."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return next((name for magic, name in _SIGNATURES if content.startswith(magic)), None)


def foreign_format(content: bytes) -> str | None:
    """Name an image or document format that we know of but do not decode, for a better message."""
    hits = (name for at, magic, name in _FOREIGN if content.startswith(magic, at))
    return next(hits, None)


def is_cut_short(content: bytes, kind: Format) -> bool:
    """Tell whether a file ends before the length it announces, or without its end mark.

    Only a hint at why decoding failed: decoders forgive many files whose end is missing.
    """
    if kind in _END_MARKS:
        return _END_MARKS[kind] not in content[-64:]
    return _announced_length(content, kind) > len(content)


def _announced_length(content: bytes, kind: Format) -> int:
    """The file's length by its own header; for TIFF, where its directory starts."""
    if kind == "webp":
        return int.from_bytes(content[4:8], "little") + 8
    if kind == "bmp":
        return int.from_bytes(content[2:6], "little")
    return int.from_bytes(content[4:8], "little" if content.startswith(b"I") else "big") + 1


def _is_hidden(folder: str) -> bool:
    return folder == "__MACOSX" or (folder.startswith(".") and folder not in (".", ".."))
