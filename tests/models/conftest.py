"""An own, empty cache for every test, and small networks with seeded random weights."""

import sys
from pathlib import Path

import pytest

from fruits.models.registry import Network, find

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the cache at a fresh folder, and forget weights that the developer configured."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("FRUITS_CACHE", str(folder))
    monkeypatch.delenv("FRUITS_WEIGHTS", raising=False)
    return folder


@pytest.fixture(scope="session")
def small() -> Network:
    """The smallest network of the table."""
    return find("mobilenet_v3_small")


@pytest.fixture(scope="session")
def built(small: Network):
    """The small network filled with seeded random weights: not to be changed."""
    pytest.importorskip("tensorflow", reason="needs fruits[tensorflow] to build a network")
    from seeded_network import seeded_network

    return seeded_network(small)


@pytest.fixture(scope="session")
def small_weights(built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small network's weights as Keras 3 saves them."""
    path = tmp_path_factory.mktemp("weights") / "small.weights.h5"
    built.save_weights(str(path))
    return path
