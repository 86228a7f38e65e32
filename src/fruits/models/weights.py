"""A network's name → the file that holds its weights: given, configured or in the cache."""

import os
from dataclasses import dataclass
from pathlib import Path

from fruits.errors import ModelError
from fruits.models.cache import cache_folder, packaged_folder, sha256_of
from fruits.models.embedded import NAME
from fruits.models.registry import Network


@dataclass(frozen=True)
class Weights:
    """A weights file, and who named it: "--weights", "FRUITS_WEIGHTS", "package" or "cache"."""

    path: Path
    origin: str


def find_weights(network: Network, explicit: str | None = None) -> Weights | None:
    """Find the weights of `network` here: the file given, FRUITS_WEIGHTS, a package's, the cache's.

    Returns None when nobody named a file and the cache has none. Raises ModelError when the
    named file does not exist.
    """
    if explicit:
        return Weights(_existing(explicit, "--weights"), "--weights")
    configured = os.environ.get("FRUITS_WEIGHTS")
    if configured:
        return Weights(_existing(configured, "FRUITS_WEIGHTS"), "FRUITS_WEIGHTS")
    return find_packaged_weights(network) or find_cached(network)


def find_cached(network: Network) -> Weights | None:
    """Find the weights of `network` in the cache: downloaded, or put there as NAME.h5."""
    return _find_in(cached_weights(network).parent, network, origin="cache")


def find_packaged_weights(network: Network) -> Weights | None:
    """Find the weights of `network` in the package that a cluster's machines received, if any."""
    folder = packaged_folder()
    return _find_in(folder / "weights", network, origin="package") if folder else None


def _find_in(folder: Path, network: Network, *, origin: str) -> Weights | None:
    for suffix in (".weights.h5", ".h5"):
        path = folder / f"{network.name}{suffix}"
        if path.is_file():
            return Weights(path, origin)
    return None


def cached_weights(network: Network) -> Path:
    """Tell where the cache keeps the weights of `network` (a Keras 3 `.weights.h5` file)."""
    return cache_folder() / "weights" / f"{network.name}.weights.h5"


def recorded_digest(path: Path) -> Path:
    """Tell where the sha256 of a downloaded weights file is recorded."""
    return path.with_name(f"{path.name}.sha256")


def digest_of(weights: Weights) -> str:
    """Return the file's hex sha256; ModelError when a download no longer is what it was."""
    digest = sha256_of(weights.path)
    record = recorded_digest(weights.path)
    if weights.origin == "cache" and record.is_file():
        recorded = record.read_text("ascii", errors="replace").strip()
        if recorded != digest:
            raise ModelError(
                f"{weights.path} is damaged: its sha256 is {digest}, recorded was {recorded!r}; "
                "delete it and run `fruits models fetch` again"
            )
    return digest


def four_ways(network: Network) -> str:
    """Say how the weights of `network` can be provided."""
    return (
        f"provide them in one of four ways: (1) --weights FILE, (2) FRUITS_WEIGHTS=FILE, "
        f"(3) the file {cached_weights(network)}, (4) `fruits models fetch {network.name}` "
        f"on a machine that reaches the internet; or take --model {NAME}, which needs none"
    )


def _existing(name: str, origin: str) -> Path:
    path = Path(name).expanduser()
    if not path.is_file():
        raise ModelError(f"{origin} names {name}, which is not a file: check the path")
    return path
