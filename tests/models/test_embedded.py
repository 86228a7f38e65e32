"""The network that the package carries."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from fruits.backends import load_backend
from fruits.errors import ConfigError, ModelError
from fruits.images.orchard import draw_fruit
from fruits.images.prepare import prepare
from fruits.images.species import SPECIES
from fruits.models import embedded, list_models, load_model, show_model
from fruits.models.fetch import fetch_weights


def load(**options):
    defaults = {"weights": None, "fit": "squash", "precision": "f32", "backend": "auto"}
    return load_model("fruitnet", **(defaults | options))


@pytest.fixture(scope="module")
def drawn():
    """Six pictures of each species, none of them seen in its training: uint8[72, h, w, 3]."""
    size = load().input_size
    pictures = [
        prepare(draw_fruit(species, number, seed=0), size=size).pixels
        for species in SPECIES
        for number in range(1, 7)
    ]
    return np.stack(pictures)


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """The package's two files, where a test may harm them."""
    for suffix in (".onnx", ".json"):
        original = embedded.embedded_path().with_suffix(suffix)
        (tmp_path / original.name).write_bytes(original.read_bytes())
    path = tmp_path / "fruitnet.onnx"
    monkeypatch.setattr(embedded, "embedded_path", lambda: path)
    return path


def test_its_file_is_small_and_the_one_recorded():
    path = embedded.embedded_path()
    facts = json.loads(path.with_suffix(".json").read_text())
    assert path.stat().st_size <= 3_000_000
    assert facts["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert {"made", "teacher", "settings"} <= set(facts)


def test_it_loads_like_any_other_network(drawn):
    model = load()
    assert (model.name, model.payload.kind) == ("fruitnet", "onnx")
    assert model.input_size in {(96, 96), (128, 128)}
    assert model.details["weights_from"] == "package"
    vectors = load_backend("auto", model.payload)(drawn)
    assert vectors.shape == (len(drawn), model.dim)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-4)


def test_every_onnx_backend_gives_the_same_vectors(drawn):
    first, second = (
        load_backend(backend, load(backend=backend).payload)(drawn)
        for backend in ("onnx", "openvino")
    )
    assert (first * second).sum(axis=1).min() > 0.9999


def test_it_tells_the_drawn_species_apart(drawn):
    vectors = load_backend("auto", load().payload)(drawn)
    species = np.repeat(np.arange(len(SPECIES)), 6)
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -1)
    assert (species[likeness.argmax(axis=1)] == species).mean() > 0.95


def test_it_needs_neither_tensorflow_nor_a_network_connection():
    code = (
        "import socket, sys\n"
        "def refuse(*_, **__): raise OSError('no network here')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from fruits.backends import load_backend\n"
        "from fruits.models import load_model\n"
        "import numpy as np\n"
        "model = load_model('fruitnet', weights=None, fit='squash', precision='f32', "
        "backend='auto')\n"
        "image = np.zeros((1, *model.input_size, 3), np.uint8)\n"
        "print(load_backend('auto', model.payload)(image).shape[1] == model.dim)\n"
        "print(sorted({'tensorflow', 'keras', 'h5py', 'onnx', 'pyspark'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["True", "[]"]


def test_weights_on_the_command_line_are_a_configuration_error():
    with pytest.raises(ConfigError, match="does not go with fruitnet: it holds its own weights"):
        load(weights="mobilenet.weights.h5")


def test_weights_configured_for_another_network_do_not_disturb_it(monkeypatch):
    monkeypatch.setenv("FRUITS_WEIGHTS", "mobilenet.weights.h5")
    assert load().fingerprint == load(weights="mobilenet.weights.h5").fingerprint


def test_the_tensorflow_backend_is_a_configuration_error():
    pytest.importorskip("tensorflow", reason="needs fruits[tensorflow]")
    with pytest.raises(ConfigError, match="cannot run fruitnet: use --backend onnx or openvino"):
        load(backend="tensorflow")


def test_a_damaged_file_is_named_with_both_digests(copied):
    copied.write_bytes(copied.read_bytes()[:-1] + b"\0")
    found = hashlib.sha256(copied.read_bytes()).hexdigest()
    with pytest.raises(ModelError, match=rf"fruitnet\.onnx is damaged.*{found}.*install fruits"):
        load()


@pytest.mark.parametrize("missing", ["fruitnet.onnx", "fruitnet.json"])
def test_a_missing_file_is_named(copied, missing):
    copied.with_name(missing).unlink()
    with pytest.raises(ModelError, match=rf"cannot be read.*{missing}.*install fruits again"):
        load()


def test_it_is_listed_first_and_shown_with_its_place():
    row = list_models()[0]
    assert (row["name"], row["weights_from"]) == ("fruitnet", "package")
    assert row["dim"] == load().dim
    assert show_model("fruitnet")["weights"] == str(embedded.embedded_path())


def test_there_is_nothing_to_fetch(monkeypatch):
    monkeypatch.setattr("fruits.models.fetch.import_keras", lambda: pytest.fail("Keras asked"))
    assert fetch_weights("fruitnet") == embedded.embedded_path()
