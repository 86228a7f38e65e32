"""ImageFeaturizer: the vectors of `fruits run`, as a stage of a pipeline."""

import io

import numpy as np
import pytest
from PIL import Image
from pyspark.ml import Pipeline, PipelineModel

from fruits import PCA, ImageFeaturizer
from fruits.backends import load_backend
from fruits.errors import ConfigError, ModelError
from fruits.images.orchard import draw_orchard
from fruits.images.prepare import prepare
from fruits.models import load_model

from photos import photo


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    from tiny_network import tiny_network

    path = tmp_path_factory.mktemp("network") / "tiny.onnx"
    path.write_bytes(tiny_network())
    return str(path)


def expected(network, contents):
    model = load_model(network, weights=None, fit="squash", precision="f32", backend="auto")
    pixels = [prepare(content, size=model.input_size).pixels for content in contents]
    return load_backend("auto", model.payload)(np.stack(pixels))


def rows(frame):
    return frame.orderBy("number").collect()


def test_bytes_become_the_vectors_of_the_network(spark, network):
    contents = [photo(seed) for seed in range(7)]
    frame = spark.createDataFrame(
        [(n, bytearray(content)) for n, content in enumerate(contents)],
        "number int, content binary",
    ).repartition(3)
    made = ImageFeaturizer(model=network).transform(frame)
    assert made.columns == ["number", "content", "features", "reason", "detail"]
    found = rows(made)
    np.testing.assert_array_equal([row.features for row in found], expected(network, contents))
    assert {(row.reason, row.detail) for row in found} == {(None, None)}


def test_what_is_no_image_is_a_null_vector_with_a_reason_never_zeros(spark, network):
    whole = photo(1)
    contents = [whole, whole[: len(whole) // 2], b"", b"a note", None]
    frame = spark.createDataFrame(list(enumerate(contents)), "number int, content binary")
    found = rows(ImageFeaturizer(model=network).transform(frame))
    assert [row.reason for row in found] == [
        None,
        "truncated",
        "empty",
        "not-an-image",
        "unreadable",
    ]
    assert [row.features is None for row in found] == [False, True, True, True, True]
    assert all(row.detail for row in found[1:])


def test_sparks_image_source_gives_the_same_vectors(spark, network, tmp_path):
    rng = np.random.default_rng(0)
    shapes = {"colour.png": (30, 40, 3), "grey.png": (30, 40), "clear.png": (30, 40, 4)}
    for name, shape in shapes.items():
        Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(tmp_path / name)
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    frame = spark.read.format("image").load(str(tmp_path))
    found = ImageFeaturizer(model=network, inputCol="image").transform(frame).collect()
    by_name = {row.image.origin.rpartition("/")[2]: row for row in found}
    contents = [(tmp_path / name).read_bytes() for name in shapes]
    vectors = [by_name[name].features for name in shapes]
    np.testing.assert_allclose(vectors, expected(network, contents), rtol=1e-2, atol=1e-3)
    np.testing.assert_array_equal(vectors[:2], expected(network, contents)[:2])
    assert (by_name["broken.png"].features, by_name["broken.png"].reason) == (None, "not-an-image")


def test_a_notebooks_pipeline_goes_from_files_to_components(spark, tmp_path):
    draw_orchard(tmp_path / "orchard", images_per_class=3, broken=3)
    frame = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    frame = frame.load(str(tmp_path / "orchard"))
    pipeline = Pipeline(stages=[ImageFeaturizer(model="fruitnet"), PCA(variance=0.95)])
    model = pipeline.fit(frame)
    made = model.transform(frame)
    assert model.stages[-1].nSamples == 36
    # Truncated and text; Spark's binaryFile itself leaves the empty file out.
    assert made.where("pca is null").count() == 2
    assert made.where("pca is null and reason is null").count() == 0
    model.write().overwrite().save(f"file://{tmp_path}/model")
    again = PipelineModel.load(f"file://{tmp_path}/model").transform(frame)
    once, twice = ({row.path: row.pca for row in each.collect()} for each in (made, again))
    assert once == twice


def test_each_image_goes_through_the_network_once(spark, network):
    frame = spark.createDataFrame([(bytearray(photo(1)),)], "content binary")
    made = ImageFeaturizer(model=network).transform(frame).where("features is not null")
    plan = made._jdf.queryExecution().executedPlan().toString()
    assert plan.count("ArrowEvalPython [") == 1


def test_other_column_names_and_other_fits_are_respected(spark, network):
    content = photo(3)
    frame = spark.createDataFrame([(bytearray(content),)], "`my file` binary")
    featurizer = ImageFeaturizer(
        model=network, inputCol="my file", outputCol="v", reasonCol="why", fit="crop"
    )
    made = featurizer.transform(frame)
    assert made.columns == ["my file", "v", "why", "detail"]
    assert len(made.first().v) == 24


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fit": "stretch"}, "fit = 'stretch' is not one of"),
        ({"backend": "keras"}, "backend = 'keras' is not one of"),
        ({"inputCol": "bytes"}, "'bytes' is not among the columns content"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(spark, network, options, message):
    frame = spark.createDataFrame([(bytearray(b""),)], "content binary")
    with pytest.raises(ConfigError, match=message):
        ImageFeaturizer(model=network, **options).transform(frame)


def test_a_column_of_text_is_refused_by_name(spark, network):
    frame = spark.createDataFrame([("a.jpg",)], "content string")
    with pytest.raises(ConfigError, match="column 'content' is string: images must be binary"):
        ImageFeaturizer(model=network).transform(frame)


def test_an_unknown_network_is_refused_before_any_work(spark):
    frame = spark.createDataFrame([(bytearray(b""),)], "content binary")
    with pytest.raises(ModelError, match="did you mean"):
        ImageFeaturizer(model="mobilnet_v2").transform(frame)


def test_a_saved_featurizer_keeps_its_parameters(spark, network, tmp_path):
    path = f"file://{tmp_path}/featurizer"
    ImageFeaturizer(model=network, precision="f32", outputCol="v").save(path)
    loaded = ImageFeaturizer.load(path)
    assert loaded.getOrDefault("model") == network
    assert loaded.getOutputCol() == "v"
    content = io.BytesIO(photo(1)).getvalue()
    frame = spark.createDataFrame([(bytearray(content),)], "content binary")
    np.testing.assert_array_equal([loaded.transform(frame).first().v], expected(network, [content]))
