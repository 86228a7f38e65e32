"""Bytes of any supported format become upright RGB pixels, by Pillow, our reference."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from fruits.images.decoded import Decoded
from fruits.images.formats import Format, is_cut_short
from fruits.images.orientation import image_orientation, upright
from fruits.images.rejects import Undecodable, check_pixel_count

PLUGINS: dict[Format, tuple[str, ...]] = {
    "jpeg": ("JPEG",),
    "png": ("PNG",),
    "webp": ("WEBP",),
    "bmp": ("BMP",),
    "tiff": ("TIFF",),
    "gif": ("GIF",),
}
"""Naming the plugins keeps the riskier ones (EPS starts Ghostscript) away from foreign bytes."""


def decode_with_pillow(content: bytes, kind: Format) -> Decoded:
    """Decode the first frame, in full size, to upright RGB; transparency becomes white.

    Raises:
        Undecodable: whatever Pillow raises on bad bytes, as a reason and one line.

    """
    try:
        return _decode(content, kind)
    except (Undecodable, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise Undecodable("too-large", str(exc)) from exc
    except UnidentifiedImageError as exc:  # its message only gives an address in memory
        raise _refused(content, kind, f"starts like a {kind}, but its header is damaged") from exc
    except Exception as exc:  # the decode boundary: a bad image becomes data
        raise _refused(content, kind, f"{kind}: {exc}") from exc


def to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Convert an image of any mode to uint8[h, w, 3]; 16-bit grey is scaled, not clipped.

    Raises:
        Undecodable: the mode has no agreed way to 8-bit RGB (32-bit samples, Lab…).

    """
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        return _grey16_to_rgb(np.asarray(image))
    if image.mode in ("I", "F"):
        raise Undecodable("unsupported", f"samples of mode {image.mode} have no agreed range")
    if image.has_transparency_data:
        image = _on_white(image.convert("RGBA"))
    try:
        return np.asarray(image.convert("RGB"))
    except ValueError as exc:
        raise Undecodable("unsupported", f"no conversion from {image.mode} to RGB") from exc


def _decode(content: bytes, kind: Format) -> Decoded:
    with Image.open(io.BytesIO(content), formats=PLUGINS[kind]) as image:
        check_pixel_count(image.height, image.width)
        image.load()
        pixels = upright(to_rgb(image), image_orientation(image))
    return Decoded(pixels, (pixels.shape[0], pixels.shape[1]), "pillow")


def _grey16_to_rgb(grey: NDArray[np.generic]) -> NDArray[np.uint8]:
    levels = np.clip(grey, 0, 65535).astype(np.uint32)
    scaled = ((levels + 128) // 257).astype(np.uint8)
    return np.repeat(scaled[:, :, np.newaxis], 3, axis=2)


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image)


def _refused(content: bytes, kind: Format, detail: str) -> Undecodable:
    cut = "truncated" in detail.lower() or is_cut_short(content, kind)
    return Undecodable("truncated" if cut else "corrupt", detail)
