"""A network that came with a cluster's package, frozen: found, checked, and not preferred."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fruits.cloud.networks import network_entries
from fruits.errors import ModelError
from fruits.models import load_model
from fruits.models.registry import Network
from fruits.models.weights import Weights, find_weights

pytestmark = pytest.mark.tensorflow

SMALL = "mobilenet_v3_small"


def load(*, weights: Path | None = None, name: str = SMALL, backend: str = "onnx"):
    given = str(weights) if weights else None
    return load_model(name, weights=given, fit="squash", precision="f32", backend=backend)


@pytest.fixture(scope="module")
def frozen(small_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What the package gets of the small network, weights too, and the cache that froze it."""
    pytest.importorskip("tf2onnx", reason="needs fruits[tensorflow]")
    cache, package = tmp_path_factory.mktemp("cache"), tmp_path_factory.mktemp("package")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRUITS_CACHE", str(cache))
        names = (SMALL, "fruitnet", SMALL)
        entries = network_entries(names, weights=str(small_weights), keras=True)
    for entry in entries:
        file = package / entry.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(entry.read())
    return package / "networks", cache


@pytest.fixture
def packaged(frozen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package's networks without weights, where a test may harm them; the cache is empty."""
    folder = tmp_path / "réseaux du paquet"
    shutil.copytree(frozen[0] / "frozen", folder / "frozen")
    monkeypatch.setenv("FRUITS_PACKAGED", str(folder))
    return folder


def test_a_package_gets_each_network_once_and_its_weights_only_for_tensorflow(
    frozen, small_weights: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("FRUITS_CACHE", str(frozen[1]))
    with_weights = network_entries((SMALL, SMALL), weights=str(small_weights), keras=True)
    without = network_entries((SMALL,), weights=str(small_weights), keras=False)
    stem = f"networks/frozen/{SMALL}-{hashlib.sha256(small_weights.read_bytes()).hexdigest()[:16]}"
    assert [entry.name for entry in without] == [f"{stem}-v1.onnx", f"{stem}-v1.json"]
    assert [entry.name for entry in with_weights] == [
        *(entry.name for entry in without),
        f"networks/weights/{SMALL}.weights.h5",
    ]
    assert network_entries(("fruitnet",), weights=None, keras=True) == []


def test_it_is_the_network_that_its_weights_would_give(
    packaged, frozen, small_weights, monkeypatch
):
    carried = load()
    assert carried.details["weights_from"] == "package"
    assert "weights" not in carried.details
    monkeypatch.delenv("FRUITS_PACKAGED")
    monkeypatch.setenv("FRUITS_CACHE", str(frozen[1]))
    given = load(weights=small_weights)
    assert carried.fingerprint == given.fingerprint
    assert carried.payload == given.payload


def test_it_loads_without_tensorflow(packaged: Path):
    code = (
        "import sys; from fruits.models import load_model\n"
        f"load_model({SMALL!r}, weights=None, fit='squash', precision='f32', backend='auto')\n"
        "print(sorted({'tensorflow', 'keras', 'tf2onnx', 'onnx', 'h5py'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def altered(packaged: Path) -> None:
    """Make the package's network another one, whole and with its facts."""
    graph = next((packaged / "frozen").glob("*.onnx"))
    graph.write_bytes(graph.read_bytes() + b"\x00")
    facts = json.loads(graph.with_suffix(".json").read_text())
    facts["onnx_sha256"] = hashlib.sha256(graph.read_bytes()).hexdigest()
    graph.with_suffix(".json").write_text(json.dumps(facts))


@pytest.mark.parametrize("origin", ["--weights", "FRUITS_WEIGHTS"])
def test_weights_that_somebody_named_win(
    packaged, frozen, small_weights: Path, monkeypatch: pytest.MonkeyPatch, origin: str
):
    usual = load().fingerprint
    altered(packaged)
    assert load().fingerprint != usual
    monkeypatch.setenv("FRUITS_CACHE", str(frozen[1]))
    if origin == "FRUITS_WEIGHTS":
        monkeypatch.setenv("FRUITS_WEIGHTS", str(small_weights))
    named = load(weights=small_weights if origin == "--weights" else None)
    assert (named.fingerprint, named.details["weights_from"]) == (usual, origin)


def test_the_tensorflow_backend_takes_the_packages_weights(frozen, monkeypatch):
    monkeypatch.setenv("FRUITS_PACKAGED", str(frozen[0]))
    model = load(backend="tensorflow")
    assert (model.payload.kind, model.details["weights_from"]) == ("keras", "package")
    assert model.fingerprint == load().fingerprint


def test_packaged_weights_are_found_before_the_caches(
    frozen, small: Network, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    cached = cache / "weights" / f"{SMALL}.weights.h5"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"cached")
    monkeypatch.setenv("FRUITS_PACKAGED", str(frozen[0]))
    expected = Weights(frozen[0] / "weights" / cached.name, "package")
    assert find_weights(small) == expected
    monkeypatch.delenv("FRUITS_PACKAGED")
    assert find_weights(small) == Weights(cached, "cache")


@pytest.mark.parametrize("name", ["resnet50", f"{SMALL}@96"])
def test_a_network_that_is_not_in_the_package_is_told_with_the_remedy(packaged, name: str):
    with pytest.raises(
        ModelError, match=f"{name} is not in this cluster's package.*--model {name}"
    ):
        load(name=name)


@pytest.mark.parametrize("damage", ["cut graph", "changed graph", "no facts", "broken facts"])
def test_a_damaged_one_is_not_used(packaged: Path, damage: str):
    graph = next((packaged / "frozen").glob("*.onnx"))
    content = graph.read_bytes()
    if damage == "cut graph":
        graph.write_bytes(content[:1000])
    elif damage == "changed graph":
        graph.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif damage == "no facts":
        graph.with_suffix(".json").unlink()
    else:
        graph.with_suffix(".json").write_text("[1, 2")
    with pytest.raises(ModelError, match="is not in this cluster's package"):
        load()


def test_beside_a_damaged_one_a_whole_one_is_found(packaged: Path):
    usual = load().fingerprint
    graph = next((packaged / "frozen").glob("*.onnx"))
    damaged = graph.with_name(f"{SMALL}-{'0' * 16}-v1.onnx")
    shutil.copy(graph.with_suffix(".json"), damaged.with_suffix(".json"))
    damaged.write_bytes(b"half")
    assert load().fingerprint == usual


def test_the_packages_own_network_needs_no_package(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("FRUITS_PACKAGED", str(tmp_path / "nothing here"))
    assert load(name="fruitnet").name == "fruitnet"
