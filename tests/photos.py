"""Small folders of photos for tests: drawn noise in every awkward folder name, and broken files."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

FOLDERS = (
    "Training/Apple Red 1",
    "Training/Kaki%20fruit",
    "Test/Pêche #2",
    "Test/Apple Red 1",
)
"""Labels with a space, an escape that is none, an accent and a number sign."""

BROKEN = {
    "Test/Apple Red 1/empty.jpg": b"",
    "Test/Apple Red 1/letter.jpg": b"Dear orchard, no picture here.\n" * 20,
}


def photo(seed: int, *, side: int = 40, form: str = "JPEG") -> bytes:
    """Draw a smooth random picture and pack it as an image file."""
    noise = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC).save(buffer, form)
    return buffer.getvalue()


def write_photos(folder: Path, count: int, *, broken: bool = True) -> Path:
    """Fill `folder` with `count` photos over FOLDERS, and the broken files if wanted."""
    for index in range(count):
        file = folder / FOLDERS[index % len(FOLDERS)] / f"{index:04d}.jpg"
        if not file.exists():
            write(file, photo(index))
    truncated = photo(10_000, side=200)
    files = BROKEN | {"Test/Pêche #2/cut.jpg": truncated[: len(truncated) // 2]}
    for name, content in files.items() if broken else ():
        if not (folder / name).exists():
            write(folder / name, content)
    return folder


def write(file: Path, content: bytes) -> None:
    """Write a file, and the folders above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
