import pytest

from fruits.errors import ModelError
from fruits.models.registry import find
from fruits.models.weights import (
    Weights,
    cached_weights,
    digest_of,
    find_weights,
    four_ways,
    recorded_digest,
)

NETWORK = find("mobilenet_v2")


@pytest.fixture
def everywhere(tmp_path, monkeypatch):
    """Three files: given, configured, cached."""
    given, configured, cached = tmp_path / "given", tmp_path / "set", cached_weights(NETWORK)
    cached.parent.mkdir(parents=True)
    for path in (given, configured, cached):
        path.write_bytes(b"weights")
    monkeypatch.setenv("FRUITS_WEIGHTS", str(configured))
    return given, configured, cached


def test_the_given_file_comes_first(everywhere):
    found = find_weights(NETWORK, str(everywhere[0]))
    assert found == Weights(everywhere[0], "--weights")


def test_the_configured_file_comes_before_the_cache(everywhere):
    assert find_weights(NETWORK) == Weights(everywhere[1], "FRUITS_WEIGHTS")


def test_the_cache_is_used_when_nothing_is_named(everywhere, monkeypatch):
    monkeypatch.delenv("FRUITS_WEIGHTS")
    assert find_weights(NETWORK) == Weights(everywhere[2], "cache")


def test_an_official_file_put_into_the_cache_by_hand_is_found():
    path = cached_weights(NETWORK).with_name("mobilenet_v2.h5")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    assert find_weights(NETWORK) == Weights(path, "cache")


def test_nothing_anywhere_is_no_error_yet():
    assert find_weights(NETWORK) is None


def test_a_given_file_that_is_missing_is_an_error_even_with_a_full_cache(everywhere):
    with pytest.raises(ModelError, match="--weights names nowhere"):
        find_weights(NETWORK, "nowhere.h5")


def test_a_configured_file_that_is_missing_is_an_error(monkeypatch):
    monkeypatch.setenv("FRUITS_WEIGHTS", "nowhere.h5")
    with pytest.raises(ModelError, match=r"FRUITS_WEIGHTS names nowhere\.h5"):
        find_weights(NETWORK)


def test_a_folder_is_no_weights_file(tmp_path):
    with pytest.raises(ModelError, match="not a file"):
        find_weights(NETWORK, str(tmp_path))


def test_a_download_that_has_changed_since_is_refused(everywhere):
    cached = everywhere[2]
    record = recorded_digest(cached)
    record.write_text(digest_of(Weights(cached, "cache")))
    assert digest_of(Weights(cached, "cache"))
    cached.write_bytes(b"weighty")
    with pytest.raises(ModelError, match="is damaged"):
        digest_of(Weights(cached, "cache"))


def test_the_four_ways_are_all_named(cache):
    text = four_ways(NETWORK)
    for way in ("--weights", "FRUITS_WEIGHTS", str(cache), "fruits models fetch mobilenet_v2"):
        assert way in text
