import dataclasses
import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from fruits.backends import load_backend
from fruits.errors import ConfigError, ModelError
from fruits.models import list_models, load_model
from fruits.models.model import fingerprint
from fruits.models.registry import names

SMALL = "mobilenet_v3_small"


@pytest.fixture
def tiny_path(tmp_path):
    """A file that a user could give."""
    from tiny_network import tiny_network

    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_network())
    return path


@pytest.fixture(scope="module")
def frozen_cache(small_weights, tmp_path_factory):
    """A cache in which the small network has been frozen once."""
    pytest.importorskip("tf2onnx", reason="needs fruits[tensorflow]")
    folder = tmp_path_factory.mktemp("frozen")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRUITS_CACHE", str(folder))
        load(SMALL, weights=str(small_weights))
    return folder


@pytest.fixture
def warm(frozen_cache, monkeypatch):
    """Use that cache."""
    monkeypatch.setenv("FRUITS_CACHE", str(frozen_cache))
    return frozen_cache


def load(name, *, weights=None, fit="squash", precision="f32", backend="onnx"):
    return load_model(str(name), weights=weights, fit=fit, precision=precision, backend=backend)


def test_an_onnx_file_becomes_a_model_that_embeds(tiny_path):
    from tiny_network import tiny_features

    model = load(tiny_path)
    assert (model.name, model.input_size, model.dim) == ("tiny.onnx", (32, 32), 24)
    assert (model.payload.kind, model.payload.precision) == ("onnx", "f32")
    assert model.payload.content == tiny_path.read_bytes()
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    features = load_backend("auto", model.payload)(images)
    np.testing.assert_allclose(features, tiny_features(images), rtol=1e-4, atol=1e-5)


def test_the_fingerprint_is_the_sha256_of_graph_fit_and_precision(tiny_path):
    content = tiny_path.read_bytes()
    expected = hashlib.sha256(content + b"fit=squash;precision=f32").hexdigest()
    assert load(tiny_path).fingerprint == fingerprint(content, fit="squash", precision="f32")
    assert load(tiny_path).fingerprint == expected


def test_the_fingerprint_changes_with_the_fit_the_precision_and_the_weights(tiny_path, tmp_path):
    from tiny_network import tiny_network

    other = tmp_path / "other.onnx"
    other.write_bytes(tiny_network(seed=1))
    prints = [
        load(tiny_path).fingerprint,
        load(tiny_path, fit="crop").fingerprint,
        load(tiny_path, precision="bf16", backend="openvino").fingerprint,
        load(other).fingerprint,
    ]
    assert len(set(prints)) == 4


def test_the_fingerprint_does_not_change_with_the_backend_or_the_name(tiny_path, tmp_path):
    renamed = tmp_path / "renamed.onnx"
    renamed.write_bytes(tiny_path.read_bytes())
    assert load(tiny_path).fingerprint == load(tiny_path, backend="openvino").fingerprint
    assert load(tiny_path).fingerprint == load(renamed).fingerprint


def test_a_model_cannot_be_changed(tiny_path):
    with pytest.raises(dataclasses.FrozenInstanceError):
        load(tiny_path).name = "other"


def test_weights_for_an_onnx_file_are_a_configuration_error(tiny_path):
    with pytest.raises(ConfigError, match="it holds its own weights"):
        load(tiny_path, weights="some.h5")


def test_weights_that_are_set_for_good_do_not_concern_a_file(tiny_onnx, monkeypatch):
    monkeypatch.setenv("FRUITS_WEIGHTS", "/data/mobilenet_v2.weights.h5")
    found = load_model(
        str(tiny_onnx), weights="/data/mobilenet_v2.weights.h5", fit="squash", precision="f32",
        backend="onnx",
    )  # fmt: skip
    assert found.dim == 24


def test_an_onnx_file_with_the_tensorflow_backend_is_a_configuration_error(tiny_path):
    pytest.importorskip("tensorflow", reason="needs fruits[tensorflow]")
    with pytest.raises(ConfigError, match="use --backend onnx or openvino"):
        load(tiny_path, backend="tensorflow")


def test_configured_weights_do_not_disturb_an_onnx_file(tiny_path, monkeypatch):
    monkeypatch.setenv("FRUITS_WEIGHTS", "nowhere.h5")
    assert load(tiny_path).dim == 24


def test_an_unknown_model_is_refused_before_weights_are_looked_for():
    with pytest.raises(ModelError, match="did you mean mobilenet"):
        load("mobilnet", weights="nowhere.h5")


def test_a_backend_that_lacks_the_precision_is_refused_first():
    with pytest.raises(ConfigError, match="not bf16"):
        load("unknown", precision="bf16", backend="onnx")


@pytest.mark.tensorflow
def test_a_registry_name_becomes_a_model_with_the_facts_of_its_freezing(warm, small_weights):
    model = load(SMALL, weights=str(small_weights))
    assert (model.name, model.input_size, model.dim) == (SMALL, (224, 224), 576)
    assert model.details["check_cosine"] >= 0.99999
    assert model.details["weights_from"] == "--weights"
    sha256 = hashlib.sha256(small_weights.read_bytes()).hexdigest()
    assert model.details["weights_sha256"] == sha256
    assert {"keras", "tensorflow", "tf2onnx", "onnx"} <= set(model.details)
    assert len(list((warm / "frozen").iterdir())) == 2


@pytest.mark.tensorflow
def test_a_second_load_reads_the_cache_without_tensorflow(warm, small_weights):
    code = (
        "import sys; from fruits.models import load_model\n"
        f"model = load_model({SMALL!r}, weights={str(small_weights)!r}, fit='squash', "
        "precision='f32', backend='auto')\n"
        "heavy = {'tensorflow', 'keras', 'tf2onnx', 'onnx', 'h5py', 'onnxruntime'}\n"
        "print(model.fingerprint, sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = load(SMALL, weights=str(small_weights)).fingerprint
    assert run.stdout.split(maxsplit=1) == [expected, "[]\n"]


@pytest.mark.tensorflow
@pytest.mark.parametrize("damage", ["cut graph", "changed graph", "no facts", "broken facts"])
def test_a_damaged_cache_is_noticed_and_rebuilt(warm, small_weights, damage):
    expected = load(SMALL, weights=str(small_weights))
    graph = next((warm / "frozen").glob("*.onnx"))
    facts = graph.with_suffix(".json")
    before = graph.read_bytes()
    if damage == "cut graph":
        graph.write_bytes(before[:1000])
    elif damage == "changed graph":
        graph.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    elif damage == "no facts":
        facts.unlink()
    else:
        facts.write_text("[1, 2")
    again = load(SMALL, weights=str(small_weights))
    assert again.fingerprint == expected.fingerprint
    assert graph.read_bytes() == before
    assert json.loads(facts.read_text())["onnx_sha256"] == hashlib.sha256(before).hexdigest()


@pytest.mark.tensorflow
def test_the_tensorflow_payload_carries_the_weights_and_no_pickle(warm, small_weights, built):
    from fruits.backends.tensorflow import unpack_network

    model = load(SMALL, weights=str(small_weights), backend="tensorflow")
    network_class, module, weights = unpack_network(model.payload.content)
    assert (model.payload.kind, network_class, module) == (
        "keras",
        "MobileNetV3Small",
        "mobilenet_v3",
    )
    for one, other in zip(weights, built.get_weights(), strict=True):
        assert np.array_equal(one, other)
    assert model.fingerprint == load(SMALL, weights=str(small_weights)).fingerprint


@pytest.mark.tensorflow
def test_configured_weights_of_another_network_are_refused_by_name(small_weights, monkeypatch):
    monkeypatch.setenv("FRUITS_WEIGHTS", str(small_weights))
    with pytest.raises(ModelError, match=r"FRUITS_WEIGHTS: .* does not hold the weights of mobil"):
        load("mobilenet_v2")


def test_the_list_shows_every_network_and_where_its_weights_are(cache):
    path = cache / "weights" / "resnet50.h5"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    rows = {row["name"]: row for row in list_models()}
    assert list(rows) == ["fruitnet", *names()]
    assert rows["resnet50"] == {
        "name": "resnet50",
        "input": "224x224",
        "dim": 2048,
        "weights_mb": 94,
        "weights": str(path),
        "weights_from": "cache",
    }
    assert rows["vgg16"]["weights"] == ""


def test_the_list_works_even_when_the_configured_file_is_missing(monkeypatch):
    monkeypatch.setenv("FRUITS_WEIGHTS", "nowhere.h5")
    assert len(list_models()) == 1 + len(names())


@pytest.mark.data
@pytest.mark.tensorflow
def test_the_imagenet_weights_freeze_into_features_close_to_keras(weights_file):
    pytest.importorskip("tf2onnx", reason="needs fruits[tensorflow]")
    model = load("mobilenet_v2", weights=str(weights_file))
    assert model.dim == 1280
    assert model.details["check_cosine"] >= 0.999999
    assert model.details["check_difference"] <= 1e-4


def test_another_input_size_is_another_fingerprint_and_another_file_of_the_cache(
    small_weights, warm
):
    usual = load(SMALL, weights=str(small_weights))
    smaller = load(f"{SMALL}@96", weights=str(small_weights))
    assert (smaller.name, smaller.input_size, smaller.dim) == (f"{SMALL}@96", (96, 96), usual.dim)
    assert smaller.payload.input_size == (96, 96)
    assert smaller.fingerprint != usual.fingerprint
    assert len(list((warm / "frozen").glob("*.onnx"))) == 2
