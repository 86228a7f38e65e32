import numpy as np
import pytest

from fruits.errors import ModelError
from fruits.models.fetch import fetch_weights, locate_weights
from fruits.models.network import load_network
from fruits.models.registry import find
from fruits.models.weights import Weights, digest_of, find_weights

pytestmark = pytest.mark.tensorflow

keras = pytest.importorskip("keras", reason="needs fruits[tensorflow]")


@pytest.fixture
def offline(monkeypatch):
    """A machine whose downloads fail as Keras' get_file does: with a bare Exception."""

    def fail(*_args, **_kwargs):
        raise Exception("URL fetch failure on https://example.org/x.h5: None")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", fail)


@pytest.fixture
def online(monkeypatch, tmp_path, built):
    """A machine where the download of the small network succeeds."""
    from seeded_network import write_legacy_file

    path = write_legacy_file(built, tmp_path / "download.h5")
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *_, **__: str(path))


@pytest.mark.usefixtures("offline")
def test_without_weights_and_network_one_error_names_the_four_ways(small, cache):
    with pytest.raises(ModelError) as caught:
        locate_weights(small)
    for way in ("--weights FILE", "FRUITS_WEIGHTS=FILE", str(cache), "fruits models fetch"):
        assert way in str(caught.value)
    assert "URL fetch failure" in str(caught.value)
    assert caught.value.__cause__ is not None


@pytest.mark.usefixtures("offline")
def test_a_failed_download_leaves_nothing_in_the_cache(small, cache):
    with pytest.raises(ModelError):
        fetch_weights(small.name)
    assert not cache.exists() or not any(path.is_file() for path in cache.rglob("*"))


@pytest.mark.usefixtures("offline")
def test_weights_on_this_machine_need_no_download(small, small_weights):
    assert locate_weights(small, str(small_weights)).path == small_weights


@pytest.mark.usefixtures("online")
def test_downloaded_weights_are_kept_recorded_and_found_again(small, built):
    path = fetch_weights(small.name)
    assert find_weights(small) == Weights(path, "cache") == locate_weights(small)
    assert len(digest_of(Weights(path, "cache"))) == 64
    kept = load_network(small, Weights(path, "cache"))
    for one, other in zip(kept.get_weights(), built.get_weights(), strict=True):
        assert np.array_equal(one, other)
    assert sorted(item.name for item in path.parent.iterdir()) == [
        "mobilenet_v3_small.weights.h5",
        "mobilenet_v3_small.weights.h5.sha256",
    ]


def test_an_unknown_network_is_refused_before_any_download():
    with pytest.raises(ModelError, match="'resnet51' is unknown: did you mean resnet50"):
        fetch_weights("resnet51")


def test_the_released_efficientnet_and_its_kept_form_give_the_same_features(monkeypatch, tmp_path):
    from seeded_network import keras_features, photos, seeded_network, write_legacy_file

    network = find("efficientnet_b0")
    released = seeded_network(network)
    weights = released.get_weights()
    weights[0], weights[1] = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    released.set_weights(weights)
    path = write_legacy_file(released, tmp_path / "efficientnetb0_notop.h5")
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *_, **__: str(path))
    official = keras.applications.EfficientNetB0(
        weights="imagenet", include_top=False, pooling="avg", input_shape=(224, 224, 3)
    )
    images = photos(network, count=2)
    expected = keras_features(official, network, images)
    for weights_file in (fetch_weights(network.name), path):
        found = keras_features(
            load_network(network, Weights(weights_file, "test")), network, images
        )
        np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
