"""What a package would hold, told without making it."""

from importlib import metadata

import pytest

pytest.importorskip("packaging", reason="packages: pip install 'fruits[cloud]'")

from fruits.cloud import listing
from fruits.cloud.listing import libraries
from fruits.cloud.networks import carried
from fruits.cloud.package import Recipe
from fruits.errors import ConfigError, ModelError

LOCK = """
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:aa
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:bb
pyarrow==26.0.1 \\
    --hash=sha256:cc
intel==1.0 ; platform_machine == 'x86_64' \\
    --hash=sha256:dd
"""


@pytest.fixture
def lock(tmp_path, monkeypatch) -> None:
    file = tmp_path / "cluster.txt"
    file.write_text(LOCK)
    monkeypatch.setattr(listing, "lock_file", lambda _: file)


def test_a_library_is_there_once_in_the_version_of_that_python(lock):
    found = libraries(Recipe())
    assert found == ["numpy==2.4.6", "pyarrow==26.0.1", "intel==1.0"]
    newer = libraries(Recipe(), python="3.12", only={"numpy"})
    assert newer == ["numpy==2.5.5"]


def test_what_the_platform_has_not_is_left_out(lock):
    assert libraries(Recipe(platform="linux-aarch64")) == ["numpy==2.4.6", "pyarrow==26.0.1"]


def test_the_locks_of_the_package_give_each_library_once():
    names = [each.partition("==")[0] for each in libraries(Recipe())]
    assert len(names) == len(set(names)) > 20


def test_spark_is_the_one_that_is_installed_here(lock):
    pytest.importorskip("pyspark.version", reason="pip install 'fruits[spark]'")
    pytest.importorskip("pyspark")
    versions = [f"{name}=={metadata.version(name)}" for name in ("pyspark", "py4j")]
    assert libraries(Recipe(extras=("spark",)))[-2:] == versions


def test_the_own_network_is_always_carried_and_each_once():
    assert carried(["mobilenet_v2", "mobilenet_v2"]) == ["mobilenet_v2", "fruitnet"]
    assert carried(["fruitnet"]) == ["fruitnet"]


def test_networks_that_cannot_be_carried_are_refused():
    with pytest.raises(ModelError, match="'nosuch' is unknown"):
        carried(["nosuch"])
    with pytest.raises(ConfigError, match=r"net\.onnx is a file"):
        carried(["net.onnx"])
