import hashlib
import subprocess
import sys

import numpy as np
import pytest

from fruits.backends import onnx as onnx_backend
from fruits.backends.seam import Payload
from fruits.errors import ModelError
from fruits.models import freeze
from fruits.models.conversion import _unit_variance
from fruits.models.freeze import check_images, compare, freeze_network
from fruits.models.network import load_network
from fruits.models.onnx_file import read_onnx
from fruits.models.registry import find
from fruits.models.weights import Weights

pytestmark = pytest.mark.tensorflow

onnx = pytest.importorskip("onnx", reason="needs fruits[tensorflow]")
pytest.importorskip("tf2onnx", reason="needs fruits[tensorflow]")


@pytest.fixture(scope="module")
def frozen(small, small_weights):
    """The small network frozen: (bytes, agreement with Keras)."""
    return freeze_network(load_network(small, Weights(small_weights, "test")), small)


def test_frozen_features_equal_those_of_keras(frozen, small, built):
    from seeded_network import keras_features, photos

    content, agreement = frozen
    images = photos(small)
    expected = keras_features(built, small, images)
    found = onnx_backend.load(Payload("onnx", content, small.input_size, small.dim), 1)(images)
    assert compare(found, expected).cosine >= 0.999999
    assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()
    assert agreement.cosine >= 0.999999


def test_a_network_at_another_size_freezes_from_the_same_weights_and_equals_keras(
    small, small_weights
):
    from seeded_network import keras_features, photos

    smaller = find(f"{small.name}@96")
    content, _ = freeze_network(load_network(smaller, Weights(small_weights, "test")), smaller)
    images = photos(smaller)
    expected = keras_features(
        load_network(smaller, Weights(small_weights, "test")), smaller, images
    )
    found = onnx_backend.load(Payload("onnx", content, (96, 96), small.dim), 1)(images)
    assert compare(found, expected).cosine >= 0.999999


def test_freezing_again_gives_the_same_bytes(frozen, small, small_weights):
    again, _ = freeze_network(load_network(small, Weights(small_weights, "test")), small)
    assert again == frozen[0]


def test_freezing_in_another_process_gives_the_same_bytes(frozen, small, small_weights):
    code = (
        "import sys, hashlib; from pathlib import Path\n"
        "from fruits.models.freeze import freeze_network\n"
        "from fruits.models.network import load_network\n"
        "from fruits.models.registry import find\n"
        "from fruits.models.weights import Weights\n"
        f"network = find({small.name!r})\n"
        f"built = load_network(network, Weights(Path({str(small_weights)!r}), 'test'))\n"
        "print(hashlib.sha256(freeze_network(built, network)[0]).hexdigest())\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split()[-1] == hashlib.sha256(frozen[0]).hexdigest()


def test_a_frozen_file_is_one_that_a_user_could_give(frozen, small, tmp_path):
    path = tmp_path / "frozen.onnx"
    path.write_bytes(frozen[0])
    file = read_onnx(path)
    assert (file.input_size, file.dim) == (small.input_size, small.dim)


def test_a_frozen_file_says_nothing_about_where_it_was_made(frozen):
    model = onnx.load_from_string(frozen[0])
    onnx.checker.check_model(model)
    assert (model.producer_name, model.producer_version, model.doc_string) == ("", "", "")
    assert not model.graph.value_info
    assert [end.name for end in (*model.graph.input, *model.graph.output)] == ["images", "features"]


def test_mobilenet_v2_has_its_batch_norms_folded_and_one_transpose_at_the_entry():
    from seeded_network import seeded_network

    network = find("mobilenet_v2")
    content, _ = freeze_network(seeded_network(network), network)
    operations = [node.op_type for node in onnx.load_from_string(content).graph.node]
    assert operations.count("Transpose") == 1
    assert operations.count("Conv") == 52
    assert operations.count("Add") == 10  # the ten residual connections and nothing else
    assert operations.count("Mul") <= 1  # the preprocessing's
    assert operations.index("Transpose") < 4


@pytest.mark.parametrize("name", ["efficientnet_b0", "convnext_tiny", "resnet50_v2"])
@pytest.mark.slow
def test_networks_that_the_libraries_alone_get_wrong_are_frozen_right(name):
    from seeded_network import seeded_network

    network = find(name)
    _, agreement = freeze_network(seeded_network(network), network)
    assert agreement.cosine >= 0.99999


def test_a_frozen_network_that_differs_from_keras_is_refused(
    monkeypatch, small, small_weights, frozen
):
    other = onnx.load_from_string(frozen[0])
    kernel = other.graph.initializer[-1]
    raw = np.frombuffer(kernel.raw_data, np.float32)
    kernel.raw_data = (raw[::-1] * 2 + 1).tobytes()
    monkeypatch.setattr(freeze, "canonical_bytes", lambda _model: other.SerializeToString())
    with pytest.raises(ModelError, match="differs from Keras"):
        freeze_network(load_network(small, Weights(small_weights, "test")), small)


def test_an_operation_without_an_onnx_form_is_refused_by_name(small):
    keras = pytest.importorskip("keras", reason="needs fruits[tensorflow]")
    import tensorflow as tf

    class Odd(keras.layers.Layer):
        """Uses an operation that ONNX lacks."""

        def call(self, inputs):
            return tf.math.lgamma(inputs)

    entry = keras.Input((*small.input_size, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(Odd()(entry))
    with pytest.raises(ModelError, match=r"cannot be converted to ONNX.*Lgamma"):
        freeze_network(keras.Model(entry, pooled), small)


def test_check_images_are_the_same_every_time_and_all_different():
    images = check_images((64, 48))
    assert images.shape == (6, 64, 48, 3)
    assert images.dtype == np.uint8
    assert np.array_equal(images, check_images((64, 48)))
    assert len(np.unique(images.reshape(6, -1), axis=0)) == 6


def test_agreement_is_the_worst_row_and_the_largest_difference():
    expected = np.float32([[1, 0], [0, 2]])
    agreement = compare(np.float32([[1, 0], [1, 2]]), expected)
    assert agreement.cosine == pytest.approx(2 / np.sqrt(5))
    assert agreement.difference == pytest.approx(0.5)


def test_two_blank_rows_agree_and_a_nan_never_does():
    blank = np.zeros((1, 3), np.float32)
    assert compare(blank, blank).cosine == 1.0
    worst = compare(np.full((1, 3), np.nan, np.float32), np.ones((1, 3), np.float32))
    assert not worst.cosine >= 0.5
    assert not worst.difference <= 0.5


@pytest.mark.parametrize("epsilon", [1e-3, 1.001e-5, 1e-5, 1e-6])
def test_the_unit_variance_adds_up_to_exactly_one(epsilon):
    assert _unit_variance(epsilon) + np.float32(epsilon) == np.float32(1)
