"""The chain on real photos with the real network: the figures that a stranger can check."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fruits import pipeline
from fruits.config import Config

from tables import feature_rows, matrix

pytestmark = [pytest.mark.data, pytest.mark.slow]

COUNT = 300


@pytest.fixture(scope="module")
def photos(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hundred photos, spread over all classes of both splits."""
    folder = tmp_path_factory.mktemp("photos")
    with zipfile.ZipFile(shared_data / "fruits-360.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        for index in range(COUNT):
            archive.extract(names[index * len(names) // COUNT], folder)
    return folder


def as_the_apprentice_does(folder: Path, paths: list[str], weights: Path) -> np.ndarray:
    """Pillow's resize, Keras' own preprocessing and network: float32[n, 1280]."""
    from fruits.backends.tensorflow import import_keras

    keras, _ = import_keras()
    network = keras.applications.MobileNetV2(weights=None, include_top=False, pooling="avg")
    network.load_weights(weights)
    opened = [Image.open(io.BytesIO((folder / path).read_bytes())) for path in paths]
    pixels = np.stack([np.asarray(image.resize((224, 224)), np.float32) for image in opened])
    scaled = keras.applications.mobilenet_v2.preprocess_input(pixels)
    return np.asarray(network.predict(scaled, batch_size=32, verbose=0))


def test_features_equal_those_of_keras_and_pillow(photos: Path, weights_file: Path, tmp_path: Path):
    pytest.importorskip("tensorflow", reason="the tensorflow extra is not installed")
    output = tmp_path / "out"
    config = Config(
        input=str(photos), output=str(output), weights=str(weights_file), runner="local"
    )
    pipeline.features(config)
    rows = feature_rows(output)
    assert len(rows) == COUNT
    ours = np.array([row["features"] for row in rows], np.float64)
    theirs = as_the_apprentice_does(photos, [row["path"] for row in rows], weights_file)
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    assert ((ours * theirs).sum(axis=1) / lengths).min() >= 0.9999


def test_the_test_split_needs_the_known_numbers_of_components(
    shared_data: Path, weights_file: Path, tmp_path: Path
):
    """13,877 images; the figures are those of scikit-learn on Keras' own features."""
    pytest.importorskip("tensorflow", reason="the tensorflow extra is not installed")
    facts = pipeline.run(
        Config(
            input=str(shared_data / "fruits-360.zip"), output=str(tmp_path / "out"),
            weights=str(weights_file), split="test", components=200, runner="local",
        )
    )  # fmt: skip
    assert (facts.images.featurised, facts.images.rejected) == (13_877, 0)
    assert facts.matrix_rows == len(matrix(tmp_path / "out")[0]) == 13_877
    assert facts.pca is not None
    assert facts.pca.cumulative[49] == pytest.approx(0.7781, abs=0.0005)
    assert facts.pca.cumulative[199] == pytest.approx(0.9313, abs=0.0005)
    needed = [facts.pca.needed[level] for level in ("80%", "90%", "95%")]
    assert needed == pytest.approx([59, 137, 266], abs=1)
