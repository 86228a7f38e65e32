import shutil

import numpy as np
import pytest

from fruits.errors import ModelError
from fruits.models.network import load_network, settle_normalization
from fruits.models.registry import find
from fruits.models.weights import Weights

pytestmark = pytest.mark.tensorflow

h5py = pytest.importorskip("h5py", reason="needs fruits[tensorflow]")


def given(path):
    return Weights(path, "--weights")


def assert_same_weights(found, expected):
    for one, other in zip(found.get_weights(), expected.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_a_keras_3_file_fills_the_network(small, built, small_weights):
    assert_same_weights(load_network(small, given(small_weights)), built)


def test_an_official_legacy_file_fills_the_network(small, built, tmp_path):
    from seeded_network import write_legacy_file

    path = write_legacy_file(built, tmp_path / "weights_mobilenet_v3_small_224_1.0_no_top_v2.h5")
    assert_same_weights(load_network(small, given(path)), built)


def test_the_layout_is_read_from_the_file_and_not_from_its_name(
    small, built, small_weights, tmp_path
):
    from seeded_network import write_legacy_file

    legacy = write_legacy_file(built, tmp_path / "legacy.weights.h5")
    renamed = shutil.copy(small_weights, tmp_path / "download (1)")
    assert_same_weights(load_network(small, given(legacy)), built)
    assert_same_weights(load_network(small, given(renamed)), built)


def test_a_whole_model_saved_the_legacy_way_fills_the_network(small, built, tmp_path):
    path = tmp_path / "model.h5"
    built.save(str(path))
    assert_same_weights(load_network(small, given(path)), built)


@pytest.mark.parametrize("name", ["mobilenet_v2", "mobilenet_v3_large", "mobilenet"])
def test_weights_of_another_network_are_refused_by_name(name, small_weights):
    with pytest.raises(ModelError, match=f"does not hold the weights of {name}"):
        load_network(find(name), given(small_weights))


def test_legacy_weights_of_another_network_are_refused(built, tmp_path):
    from seeded_network import write_legacy_file

    path = write_legacy_file(built, tmp_path / "small.h5")
    with pytest.raises(ModelError, match=r"--weights: .*small\.h5 does not hold"):
        load_network(find("mobilenet_v2"), given(path))


def test_a_file_with_more_layers_than_the_network_is_refused(small, small_weights, tmp_path):
    path = shutil.copy(small_weights, tmp_path / "more.weights.h5")
    with h5py.File(path, "a") as file:
        for index in range(5):
            file[f"layers/dense_{index}/vars/0"] = np.zeros(3, np.float32)
    with pytest.raises(ModelError, match="does not hold the weights of mobilenet_v3_small"):
        load_network(small, given(path))


def test_a_file_that_lacks_a_layer_is_refused_and_not_filled_up_at_random(
    small, small_weights, tmp_path
):
    path = shutil.copy(small_weights, tmp_path / "less.weights.h5")
    with h5py.File(path, "a") as file:
        del file["layers/conv2d_3"]
    with pytest.raises(ModelError, match="does not hold the weights"):
        load_network(small, given(path))


def test_weights_that_are_not_numbers_are_refused(small, small_weights, tmp_path):
    path = shutil.copy(small_weights, tmp_path / "nan.weights.h5")
    with h5py.File(path, "a") as file:
        file["layers/conv2d_3/vars/0"][0] = np.nan
    with pytest.raises(ModelError, match="missing or NaN"):
        load_network(small, given(path))


def test_a_classifier_on_top_is_left_out(small, built, small_weights, tmp_path):
    path = shutil.copy(small_weights, tmp_path / "top.weights.h5")
    with h5py.File(path, "a") as file:
        file["layers/dense/vars/0"] = np.zeros((576, 10), np.float32)
        file["layers/dense/vars/1"] = np.zeros(10, np.float32)
    assert_same_weights(load_network(small, given(path)), built)


@pytest.mark.parametrize("content", [b"", b"not HDF5 at all", b"\x89HDF\r\n\x1a\n broken"])
def test_a_file_that_is_no_hdf5_is_refused(small, tmp_path, content):
    path = tmp_path / "weights.h5"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="is no HDF5 file"):
        load_network(small, given(path))


def test_an_hdf5_file_without_keras_weights_is_refused(small, tmp_path):
    path = tmp_path / "data.h5"
    with h5py.File(path, "w") as file:
        file["table"] = np.arange(3)
    with pytest.raises(ModelError, match="holds no Keras weights"):
        load_network(small, given(path))


def test_a_truncated_weights_file_is_refused(small, small_weights, tmp_path):
    path = tmp_path / "cut.weights.h5"
    path.write_bytes(small_weights.read_bytes()[:-100_000])
    with pytest.raises(ModelError):
        load_network(small, given(path))


def test_released_efficientnet_weights_divide_by_the_deviation_as_the_release_does():
    keras = pytest.importorskip("keras", reason="needs fruits[tensorflow]")
    mean, deviation = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    layer = keras.layers.Normalization(axis=3)
    network = keras.Sequential([keras.Input((4, 4, 3)), layer])
    layer.set_weights([mean, deviation, np.array(0)])
    for _ in range(2):  # a second time must change nothing
        settle_normalization(network)
    pixels = np.random.default_rng(0).random((1, 4, 4, 3)).astype(np.float32)
    assert np.allclose(np.asarray(network(pixels)), (pixels - mean) / deviation, atol=1e-5)


def test_an_efficientnet_trained_without_the_release_is_left_as_it_is():
    keras = pytest.importorskip("keras", reason="needs fruits[tensorflow]")
    layer = keras.layers.Normalization(axis=3)
    network = keras.Sequential([keras.Input((4, 4, 3)), layer])
    layer.set_weights([np.float32([0.5, 0.5, 0.5]), np.float32([0.229, 0.224, 0.225]), np.array(0)])
    settle_normalization(network)
    assert np.allclose(layer.get_weights()[1], [0.229, 0.224, 0.225])
