"""The images that benchmarks run on: real ones where they are at hand, else the drawn orchard."""

import shutil
import zipfile
from pathlib import Path

from fruits.images.formats import is_image_path
from fruits.images.orchard import draw_orchard

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
_ZIP = SHARED / "fruits-360.zip"
PHOTOS = str(_ZIP) if _ZIP.exists() else None


def take_photos(source: str | None, folder: Path, *, count: int) -> Path:
    """Put `count` images, spread evenly over the source, into a folder; draw them without one."""
    folder.mkdir(parents=True)
    if source is None:
        draw_orchard(folder, images_per_class=-(-count // 12), broken=0)
    elif source.endswith(".zip"):
        with zipfile.ZipFile(source) as archive:
            names = sorted(name for name in archive.namelist() if is_image_path(name))
            for index in range(min(count, len(names))):
                archive.extract(names[index * len(names) // count], folder)
    else:
        files = sorted(file for file in Path(source).rglob("*") if is_image_path(file.name))
        for index in range(min(count, len(files))):
            file = files[index * len(files) // count]
            target = folder / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    return folder
