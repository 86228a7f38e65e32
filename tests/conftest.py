"""Fixtures that every folder of tests may use."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from photos import write_photos
from s3_server import s3_server
from tiny_network import tiny_network

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real images and weights; tests that need it skip, with a reason, without it."""
    folder = Path(os.environ.get("FRUITS_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data in {folder} (set FRUITS_TEST_DATA)")
    return folder


@pytest.fixture(scope="session")
def weights_file(shared_data: Path) -> Path:
    """The ImageNet weights of MobileNetV2 (Keras 3 format, no top)."""
    return shared_data / "weights" / "mobilenet_v2_1.0_224_no_top.weights.h5"


@pytest.fixture(scope="session", autouse=True)
def a_world_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests out of the user's cache, and the user's settings out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("FRUITS_")]:
            if not name.startswith("FRUITS_TEST_"):
                patch.delenv(name)
        patch.setenv("FRUITS_CACHE", str(tmp_path_factory.mktemp("cache")))
        # A page takes seconds: those tests that are about it ask for it.
        patch.setenv("FRUITS_REPORT", "0")
        yield


@pytest.fixture(scope="session")
def tiny_onnx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of 24 features that needs no weights: see tests/tiny_network.py."""
    file = tmp_path_factory.mktemp("network") / "tiny.onnx"
    file.write_bytes(tiny_network())
    return file


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    """The port of an S3 server on loopback: moto's, in a process of its own."""
    pytest.importorskip("obstore", reason="S3: pip install 'fruits[aws]'")
    pytest.importorskip("moto.server", reason="only for tests: pip install 'moto[server]'")
    with s3_server() as port:
        yield port


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of 60 photos in four classes, and three broken files (4.8 %)."""
    return write_photos(tmp_path / "photos", 60)
