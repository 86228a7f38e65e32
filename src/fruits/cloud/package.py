"""The one thing that every cluster receives: a folder of our wheel, networks and libraries."""

import json
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import fruits
from fruits.choices import ClusterExtra, ClusterPlatform
from fruits.cloud.archive import Entry, content_address, write_archive
from fruits.cloud.dependencies import PYTHON, SPARK, owners_of_files, unpack_dependencies
from fruits.cloud.networks import network_entries
from fruits.cloud.own_wheel import build_wheel, wheel_files, wheel_name
from fruits.cloud.spark_files import spark_entries
from fruits.cloud.trim import is_used
from fruits.cloud.whole_folder import whole_folder
from fruits.errors import CloudError
from fruits.models.cache import cache_folder, sha256_of

ARCHIVE: Final = "environment.tar.gz"
LAUNCH: Final = "launch.py"
MANIFEST: Final = "package.json"
LAUNCHER: Final = "bin/python"
"""The archive's Python: `./environment/bin/python` where it is unpacked as `environment`."""

SCRIPTS: Final = Path(__file__).with_name("scripts")
"""What runs elsewhere: nothing here imports it."""


@dataclass(frozen=True)
class Recipe:
    """What a package is made of."""

    models: tuple[str, ...] = ("mobilenet_v2",)
    weights: str | None = None
    platform: ClusterPlatform = "linux-x86_64"
    extras: tuple[ClusterExtra, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """What `package.json` tells: the archive's sha256 and bytes, and whose bytes they are."""

    digest: str
    fruits: str
    platform: str
    python: str
    extras: list[str]
    models: list[str]
    archive_sha256: str
    archive_bytes: int
    unpacked_bytes: int
    bytes_by_part: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Package:
    """A package's folder on this disk: archive, launcher, wheel and manifest."""

    folder: Path
    manifest: Manifest

    @property
    def files(self) -> list[Path]:
        """What travels, the manifest last: where it lies, the others lie."""
        names = [ARCHIVE, LAUNCH, wheel_name(), MANIFEST]
        return [self.folder / name for name in names]


def packages_folder() -> Path:
    """Return the folder of the packages made here: what `package` makes, `submit` finds."""
    return cache_folder() / "packages"


def build_package(recipe: Recipe, output: Path) -> Package:
    """Build the package, or find it in `output`, under a name that tells its content.

    Raises CloudError for wheels that are missing, ModelError for weights that are.
    """
    with tempfile.TemporaryDirectory(prefix="fruits-package-") as scratch:
        entries = gather(recipe, Path(scratch))
        digest = content_address(entries)
        folder = output / f"fruits-{fruits.__version__}-{recipe.platform}-{digest[:12]}"
        if (folder / MANIFEST).is_file():
            return read_package(folder)
        return _write(folder, recipe, entries, digest)


def read_package(folder: Path) -> Package:
    """Read a package that was built before; CloudError where the folder holds none."""
    try:
        return Package(folder, Manifest(**json.loads((folder / MANIFEST).read_bytes())))
    except (OSError, ValueError, TypeError) as exc:
        raise CloudError(
            f"{folder} holds no package ({exc}): make one with `fruits cloud package`"
        ) from exc


def gather(recipe: Recipe, scratch: Path) -> list[Entry]:
    """Return every file of the archive; the libraries are unpacked in `scratch`."""
    networks = network_entries(
        recipe.models, weights=recipe.weights, keras="tensorflow" in recipe.extras
    )
    unpack_dependencies(scratch, platform=recipe.platform, extras=recipe.extras)
    own = {LAUNCH: (SCRIPTS / LAUNCH).read_bytes()}
    own |= {f"lib/{name}": content for name, content in wheel_files().items() if is_used(name)}
    return [
        Entry(LAUNCHER, (SCRIPTS / "python.sh").read_bytes(), owner="fruits", executable=True),
        *(Entry(name, content, owner="fruits") for name, content in own.items()),
        *networks,
        *_library_files(scratch),
        *(spark_entries() if SPARK in recipe.extras else ()),
    ]


def _library_files(folder: Path) -> Iterator[Entry]:
    owners = owners_of_files(folder)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and is_used(name):
            yield Entry(f"lib/{name}", path, owner=owners.get(name, "other"))


def _write(folder: Path, recipe: Recipe, entries: Collection[Entry], digest: str) -> Package:
    """Write the package: it is whole, or not there."""
    with whole_folder(folder, MANIFEST) as made:
        bytes_by_part = write_archive(made / ARCHIVE, entries)
        (made / LAUNCH).write_bytes((SCRIPTS / LAUNCH).read_bytes())
        (made / wheel_name()).write_bytes(build_wheel())
        manifest = Manifest(
            digest=digest,
            fruits=fruits.__version__,
            platform=recipe.platform,
            python=PYTHON,
            extras=sorted(recipe.extras),
            models=list(recipe.models),
            archive_sha256=sha256_of(made / ARCHIVE),
            archive_bytes=(made / ARCHIVE).stat().st_size,
            unpacked_bytes=sum(entry.size for entry in entries),
            bytes_by_part=bytes_by_part,
        )
        (made / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
    return read_package(folder)
