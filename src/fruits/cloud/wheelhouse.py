"""What a node installs without internet: a folder of wheels, their hashes, networks, a script."""

import hashlib
import json
import tempfile
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import fruits
from fruits.cloud.archive import Entry
from fruits.cloud.dependencies import PYTHON
from fruits.cloud.deploy_files import deploy_file
from fruits.cloud.networks import network_entries
from fruits.cloud.own_wheel import build_wheel, wheel_name
from fruits.cloud.package import Recipe
from fruits.cloud.wheels import fetch_wheels, pinned_to
from fruits.cloud.whole_folder import whole_folder
from fruits.errors import CloudError

BOOTSTRAP: Final = "bootstrap-emr.sh"
REQUIREMENTS: Final = "requirements.txt"
SUMS: Final = "SHA256SUMS"
MANIFEST: Final = "wheelhouse.json"


@dataclass(frozen=True)
class Kind:
    """For which machines: the first word of the folder's name, their Python, files of `deploy/`.

    `only` names the libraries that are sent, all of the lock's where it is None.
    """

    name: str
    python: str
    files: tuple[str, ...]
    only: frozenset[str] | None = None


EMR: Final = Kind("wheels", PYTHON, (BOOTSTRAP,))


@dataclass(frozen=True)
class Contents:
    """What `wheelhouse.json` tells; `digest` is the sha256 of SHA256SUMS, and so of every file."""

    digest: str
    fruits: str
    platform: str
    python: str
    extras: list[str]
    models: list[str]
    bytes_by_file: dict[str, int]


@dataclass(frozen=True)
class Wheelhouse:
    """A wheelhouse's folder on this disk."""

    folder: Path
    contents: Contents

    @property
    def files(self) -> list[Path]:
        """What travels, the manifest last: where it lies, the others lie."""
        return [self.folder / name for name in (*self.contents.bytes_by_file, MANIFEST)]

    @property
    def bytes(self) -> int:
        """What the files weigh."""
        return sum(path.stat().st_size for path in self.files)


def build_wheelhouse(recipe: Recipe, output: Path, kind: Kind = EMR) -> Wheelhouse:
    """Build the wheelhouse, or find it in `output`, under a name that tells its content.

    Raises CloudError for wheels that are missing, ModelError for weights that are.
    """
    with tempfile.TemporaryDirectory(prefix="fruits-wheels-") as scratch:
        entries = gather(recipe, Path(scratch), kind)
        sums = _sums(entries)
        digest = hashlib.sha256(sums).hexdigest()
        folder = output / f"{kind.name}-{fruits.__version__}-{recipe.platform}-{digest[:12]}"
        if not (folder / MANIFEST).is_file():
            entries.append(Entry(SUMS, sums, owner=""))
            _write(folder, entries, _contents(recipe, kind, entries, digest))
    return read_wheelhouse(folder)


def read_wheelhouse(folder: Path) -> Wheelhouse:
    """Read a wheelhouse that was built before; CloudError where the folder holds none."""
    try:
        return Wheelhouse(folder, Contents(**json.loads((folder / MANIFEST).read_bytes())))
    except (OSError, ValueError, TypeError) as exc:
        raise CloudError(
            f"{folder} holds no wheels ({exc}): gather some with `fruits cloud package --wheels`"
        ) from exc


def gather(recipe: Recipe, scratch: Path, kind: Kind = EMR) -> list[Entry]:
    """Return every file that the sums cover, in the order of names; wheels lie in `scratch`."""
    ours = [(Path(name).name, deploy_file(name).read_bytes()) for name in kind.files]
    networks = network_entries(
        recipe.models, weights=recipe.weights, keras="tensorflow" in recipe.extras
    )
    wheels = fetch_wheels(
        scratch,
        platform=recipe.platform,
        extras=recipe.extras,
        python=kind.python,
        only=kind.only,
    )
    own = scratch / wheel_name()
    own.write_bytes(build_wheel())
    wheels.append(own)
    entries = [
        *(Entry(wheel.name, wheel, owner="wheels") for wheel in wheels),
        *networks,
        Entry(REQUIREMENTS, pinned_to(wheels).encode("ascii"), owner=""),
        *(Entry(name, content, owner="") for name, content in ours),
    ]
    return sorted(entries, key=lambda entry: entry.name)


def _sums(entries: Collection[Entry]) -> bytes:
    """Return the digests as `sha256sum --check` reads them."""
    lines = [f"{hashlib.sha256(entry.read()).hexdigest()}  {entry.name}\n" for entry in entries]
    return "".join(lines).encode()


def _contents(recipe: Recipe, kind: Kind, entries: Collection[Entry], digest: str) -> Contents:
    return Contents(
        digest=digest,
        fruits=fruits.__version__,
        platform=recipe.platform,
        python=kind.python,
        extras=sorted(recipe.extras),
        models=list(recipe.models),
        bytes_by_file={entry.name: entry.size for entry in entries},
    )


def _write(folder: Path, entries: Collection[Entry], contents: Contents) -> None:
    """Write the files, the manifest with them: all of them, or none."""
    manifest = json.dumps(asdict(contents), indent=1).encode()
    with whole_folder(folder, MANIFEST) as made:
        for entry in [*entries, Entry(MANIFEST, manifest, owner="")]:
            path = made / entry.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(entry.read())
