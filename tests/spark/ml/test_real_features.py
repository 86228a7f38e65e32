"""PCA on what it is for: features of the real MobileNetV2 on real photos, against scikit-learn."""

import zipfile

import numpy as np
import pytest
from sklearn import decomposition

from fruits import PCA, pipeline
from fruits.config import Config

pytestmark = [pytest.mark.data, pytest.mark.slow]

COUNT, K = 1500, 60


@pytest.fixture(scope="module")
def output(shared_data, weights_file, tmp_path_factory):
    """The features of fifteen hundred photos, spread over all classes, as the chain writes them."""
    pytest.importorskip("tensorflow", reason="the tensorflow extra is not installed")
    folder = tmp_path_factory.mktemp("real")
    with zipfile.ZipFile(shared_data / "fruits-360.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        for index in range(COUNT):
            archive.extract(names[index * len(names) // COUNT], folder / "photos")
    config = Config(
        input=str(folder / "photos"), output=str(folder / "out"), weights=str(weights_file),
        runner="local",
    )  # fmt: skip
    pipeline.features(config)
    return folder / "out"


@pytest.fixture(scope="module")
def frame(spark, output):
    """The features table as anyone reads it: plain Parquet files in folders."""
    return spark.read.parquet(str(output / "features")).select("path", "features")


@pytest.fixture(scope="module")
def x(frame):
    rows = frame.orderBy("path").collect()
    return np.array([row.features for row in rows], np.float64)


@pytest.fixture(scope="module")
def theirs(x):
    return decomposition.PCA(n_components=K, svd_solver="full").fit(x)


@pytest.mark.parametrize("read_by", ["workers", "spark"])
def test_components_variances_and_coordinates_are_scikit_learns(frame, x, theirs, read_by):
    given = frame if read_by == "workers" else frame.filter("path is not null")
    model = PCA(k=K).fit(given)
    np.testing.assert_allclose(model.components, theirs.components_, atol=1e-8)
    np.testing.assert_allclose(model.explainedVariance, theirs.explained_variance_, rtol=1e-8)
    np.testing.assert_allclose(model.singularValues, theirs.singular_values_, rtol=1e-8)
    assert model.noiseVariance == pytest.approx(theirs.noise_variance_, rel=1e-8)
    doubles = given.selectExpr("path", "cast(features as array<double>) as features")
    made = model.inverse_transform(model.transform(doubles)).orderBy("path").collect()
    scores = theirs.transform(x)
    np.testing.assert_allclose([row.pca for row in made], scores, atol=1e-8)
    restored = theirs.inverse_transform(scores)
    np.testing.assert_allclose([row.restored for row in made], restored, atol=1e-8)


def test_updates_and_forgetting_equal_a_refit(frame):
    some, others = frame.filter("crc32(path) % 5 != 0"), frame.filter("crc32(path) % 5 = 0")
    whole = PCA(k=K).fit(frame)
    updated = PCA(k=K).fit(some).update(others)
    forgotten = whole.forget(others)
    for got, expected in ((updated, whole), (forgotten, PCA(k=K).fit(some))):
        assert got.nSamples == expected.nSamples
        rtol = 1e-10 * expected.explainedVariance[0] / expected.explainedVariance[-1]
        np.testing.assert_allclose(got.explainedVariance, expected.explainedVariance, rtol=1e-10)
        np.testing.assert_allclose(got.components, expected.components, atol=rtol)


def test_the_chain_and_the_estimator_agree(output, frame):
    config = Config(input=str(output), output=str(output), components=K, runner="local")
    report = pipeline.reduce(config)
    with np.load(output / "pca/pca.npz") as chain:
        model = PCA(k=K).fit(frame)
        np.testing.assert_allclose(model.components, chain["components"], atol=1e-9)
        np.testing.assert_allclose(model.mean, chain["mean"], rtol=1e-12)
    assert report.matrix_rows == model.nSamples
