"""Fixtures that every folder of tests may use."""

import os
from pathlib import Path

import pytest

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
