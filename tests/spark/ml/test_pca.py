"""PCA as an Estimator of pyspark.ml: scikit-learn's numbers, Spark's manners."""

import numpy as np
import pytest
from pyspark.ml import Pipeline, PipelineModel, feature
from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.ml.tuning import ParamGridBuilder
from pyspark.sql.types import ArrayType, DoubleType, FloatType
from sklearn import decomposition

from fruits import PCA, PCAModel
from fruits.errors import ConfigError, InputError

ROWS, WIDTH = 400, 16


def vectors(rows=ROWS, *, offset=0.0, seed=0, dtype=np.float64):
    generator = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(generator.standard_normal((WIDTH, WIDTH)))
    drawn = (generator.standard_normal((rows, WIDTH)) * np.geomspace(8, 0.4, WIDTH)) @ basis
    return (drawn + offset).astype(dtype)


X = vectors()


def low_rank():
    generator = np.random.default_rng(2)
    return generator.standard_normal((ROWS, 3)) @ generator.standard_normal((3, WIDTH))


def frame_of(spark, x, *, kind="array<double>", partitions=3, nulls=0):
    """Vectors by number, with some nulls at the end, spread over partitions."""
    rows = [(number, row.tolist()) for number, row in enumerate(x)]
    rows += [(len(x) + number, None) for number in range(nulls)]
    if kind == "vector":
        rows = [(n, None if row is None else Vectors.dense(row)) for n, row in rows]
        frame = spark.createDataFrame(rows, ["number", "features"])
    else:
        frame = spark.createDataFrame(rows, f"number int, features {kind}")
    return frame.repartitionByRange(partitions, "number")


def column(frame, name):
    """A column of vectors, in the order of their numbers, as an array."""
    return np.array([list(row[name]) for row in frame.orderBy("number").collect()])


def reference(x, k, **options):
    return decomposition.PCA(n_components=k, svd_solver="full", **options).fit(x.astype(np.float64))


@pytest.fixture(scope="module")
def frame(spark):
    return frame_of(spark, X).cache()


@pytest.mark.parametrize(
    ("x", "k"),
    [(X, WIDTH), (vectors(offset=1e3), 5), (low_rank(), 3), (vectors(10), 9)],
    ids=["all components", "offset 1e3", "low rank", "n < d"],
)
def test_the_model_is_scikit_learns(spark, x, k):
    model, theirs = PCA(k=k).fit(frame_of(spark, x)), reference(x, k)
    np.testing.assert_allclose(model.components, theirs.components_, atol=1e-8)
    np.testing.assert_allclose(model.explainedVariance, theirs.explained_variance_, rtol=1e-8)
    ratios = theirs.explained_variance_ratio_
    np.testing.assert_allclose(model.explainedVarianceRatio, ratios, rtol=1e-8)
    np.testing.assert_allclose(model.singularValues, theirs.singular_values_, rtol=1e-8)
    np.testing.assert_allclose(model.mean, theirs.mean_, rtol=1e-10, atol=1e-10)
    assert model.noiseVariance == pytest.approx(theirs.noise_variance_, rel=1e-8, abs=1e-12)
    assert model.nSamples == len(x)


def test_float32_far_from_zero_is_accumulated_in_float64(spark):
    x = vectors(offset=1e3, dtype=np.float32)
    model = PCA(k=4).fit(frame_of(spark, x, kind="array<float>"))
    np.testing.assert_allclose(model.components, reference(x, 4).components_, atol=1e-8)


@pytest.mark.parametrize("whiten", [False, True])
def test_transform_inverse_and_error_are_scikit_learns(frame, whiten):
    model, theirs = PCA(k=5, whiten=whiten).fit(frame), reference(X, 5, whiten=whiten)
    scores = theirs.transform(X)
    restored = theirs.inverse_transform(scores)
    made = model.reconstruction_error(model.inverse_transform(model.transform(frame)))
    np.testing.assert_allclose(column(made, "pca"), scores, atol=1e-8)
    np.testing.assert_allclose(column(made, "restored"), restored, atol=1e-8)
    errors = [row.reconstruction_error for row in made.orderBy("number").collect()]
    np.testing.assert_allclose(errors, ((X - restored) ** 2).sum(axis=1), rtol=1e-8)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("array<float>", ArrayType(FloatType())),
        ("array<double>", ArrayType(DoubleType())),
        ("vector", VectorUDT()),
    ],
)
def test_vectors_come_out_as_the_kind_that_went_in_and_nulls_stay_null(spark, kind, expected):
    given = frame_of(spark, X, kind=kind, nulls=2)
    model = PCA(k=3).fit(given)
    made = model.transform(given)
    assert made.schema["pca"].dataType.simpleString() == expected.simpleString()
    assert model.nSamples == ROWS
    rows = made.orderBy("number").collect()
    assert [row.pca for row in rows[-2:]] == [None, None]
    assert all(len(row.pca) == 3 for row in rows[:-2])


def test_a_share_of_the_variance_chooses_k_as_scikit_learn_does(frame):
    assert len(PCA(variance=0.9).fit(frame).components) == reference(X, 0.9).n_components_
    assert len(PCA().fit(frame).components) == reference(X, 0.95).n_components_


@pytest.mark.parametrize("partitions", [1, 2, 7, 40])
def test_the_cut_into_partitions_changes_next_to_nothing(spark, frame, partitions):
    model, other = PCA(k=4).fit(frame), PCA(k=4).fit(frame_of(spark, X, partitions=partitions))
    np.testing.assert_allclose(other.components, model.components, rtol=0, atol=1e-12)
    np.testing.assert_allclose(other.explainedVariance, model.explainedVariance, rtol=1e-12)


def test_the_same_partitions_give_the_same_bits(frame):
    first, second = (PCA(k=4).fit(frame).fitted.moments for _ in range(2))
    assert first.scatter.tobytes() == second.scatter.tobytes()


@pytest.mark.parametrize("options", [{"k": 4}, {"variance": 0.9}, {"k": 3, "scale": True}])
def test_an_update_equals_a_fit_on_everything(frame, options):
    old, new = frame.where("number < 250"), frame.where("number >= 250")
    updated, whole = PCA(**options).fit(old).update(new), PCA(**options).fit(frame)
    np.testing.assert_allclose(updated.components, whole.components, atol=1e-10)
    np.testing.assert_allclose(updated.explainedVariance, whole.explainedVariance, rtol=1e-10)
    assert updated.nSamples == ROWS
    assert updated.getOutputCol() == whole.getOutputCol()


def test_forgetting_equals_a_fit_that_never_saw_them(frame):
    kept, gone = frame.where("number < 250"), frame.where("number >= 250")
    left, expected = PCA(k=4).fit(frame).forget(gone), PCA(k=4).fit(kept)
    np.testing.assert_allclose(left.components, expected.components, atol=1e-10)
    assert left.nSamples == 250


def test_a_saved_model_transforms_to_the_bit_and_can_still_be_updated(frame, tmp_path):
    model = PCA(variance=0.9, whiten=True, outputCol="reduced").fit(frame.where("number < 300"))
    path = f"file://{tmp_path}/a model"
    model.save(path)
    loaded = PCAModel.load(path)
    assert (loaded.uid, loaded.getOutputCol()) == (model.uid, "reduced")
    once, again = (column(each.transform(frame), "reduced") for each in (model, loaded))
    assert once.tobytes() == again.tobytes()
    assert loaded.update(frame.where("number >= 300")).nSamples == ROWS


def test_a_model_is_overwritten_only_when_asked_to(frame, tmp_path):
    path = f"file://{tmp_path}/model"
    PCA(k=2).fit(frame).save(path)
    with pytest.raises(Exception, match=r"(?i)already.exists"):
        PCA(k=3).fit(frame).save(path)
    PCA(k=3).fit(frame).write().overwrite().save(path)
    assert len(PCAModel.load(path).components) == 3


def test_the_estimator_is_saved_with_its_parameters(tmp_path):
    path = f"file://{tmp_path}/estimator"
    PCA(variance=0.8, scale=True, inputCol="v").save(path)
    loaded = PCA.load(path)
    assert (loaded.wanted(), loaded.getInputCol()) == (0.8, "v")
    assert loaded.standards() == {"center": True, "scale": True, "whiten": False}


def test_it_is_a_stage_of_a_pipeline_that_can_be_saved(frame, tmp_path):
    pipeline = Pipeline(stages=[PCA(k=6, outputCol="six"), PCA(k=2, inputCol="six")])
    model = pipeline.fit(frame)
    path = f"file://{tmp_path}/pipeline"
    model.save(path)
    loaded = PipelineModel.load(path)
    expected = reference(X, 2).transform(X)
    np.testing.assert_allclose(column(loaded.transform(frame), "pca"), expected, atol=1e-8)


def test_a_grid_of_parameters_fits_one_model_each(frame):
    pca = PCA()
    grid = ParamGridBuilder().addGrid(pca.k, [2, 5]).build()
    models = dict(pca.fitMultiple(frame, grid))
    assert [len(models[number].components) for number in range(2)] == [2, 5]
    assert len(pca.fit(frame, {pca.k: 3}).components) == 3
    assert not pca.isSet(pca.k)


def test_a_copy_keeps_what_was_fitted(frame):
    model = PCA(k=3).fit(frame)
    copied = model.copy({model.outputCol: "other"})
    assert copied.components is model.components
    assert "other" in copied.transform(frame).columns


def test_the_components_are_those_of_spark_but_for_the_sign(spark):
    x = vectors(offset=3.0)
    given = frame_of(spark, x, kind="vector")
    ours = PCA(k=4).fit(given)
    theirs = feature.PCA(k=4, inputCol="features", outputCol="p").fit(given)
    signs = np.sign((ours.components * theirs.pc.toArray().T).sum(axis=1))
    np.testing.assert_allclose(ours.components, theirs.pc.toArray().T * signs[:, None], atol=1e-8)
    ratios = theirs.explainedVariance.toArray()
    np.testing.assert_allclose(ours.explainedVarianceRatio, ratios, rtol=1e-8)
    shifted = column(theirs.transform(given), "p") * signs - x.mean(axis=0) @ ours.components.T
    np.testing.assert_allclose(column(ours.transform(given), "pca"), shifted, atol=1e-8)


def test_sparks_own_model_made_from_ours_has_the_same_components(spark):
    x = vectors(offset=3.0)
    given = frame_of(spark, x, kind="vector")
    ours = PCA(k=4).fit(given)
    theirs = ours.toSparkML()
    np.testing.assert_array_equal(theirs.pc.toArray().T, ours.components)
    made = column(theirs.transform(given), "pca")
    np.testing.assert_allclose(made, x @ ours.components.T, atol=1e-9)


def test_a_scaled_model_has_no_spark_form(frame):
    with pytest.raises(ConfigError, match="can neither scale nor whiten"):
        PCA(k=2, scale=True).fit(frame).toSparkML()


@pytest.mark.parametrize("options", [{}, {"whiten": True}, {"scale": True}, {"center": False}])
def test_the_scikit_learn_form_transforms_alike(frame, options):
    model = PCA(k=4, **options).fit(frame)
    ours, theirs = column(model.transform(frame), "pca"), model.toSklearn()
    np.testing.assert_allclose(theirs.transform(X), ours, atol=1e-9)
    np.testing.assert_allclose(
        theirs.inverse_transform(ours),
        column(model.inverse_transform(model.transform(frame)), "restored"),
        atol=1e-9,
    )


def test_plain_arrays_are_enough_to_transform(frame):
    model = PCA(k=4).fit(frame)
    arrays = model.toNumpy()
    scores = (X - arrays["mean"]) / arrays["scale"] @ arrays["components"].T
    np.testing.assert_allclose(scores, column(model.transform(frame), "pca"), atol=1e-9)


def test_k_and_variance_together_are_refused(frame):
    with pytest.raises(ConfigError, match=r"k = 3 and variance = 0\.9 are both set"):
        PCA(k=3, variance=0.9).fit(frame)


@pytest.mark.parametrize(
    ("options", "message"), [({"k": 0}, "at least 1"), ({"k": 17}, "at most 16")]
)
def test_a_k_that_cannot_be_is_refused(frame, options, message):
    with pytest.raises(ConfigError, match=message):
        PCA(**options).fit(frame)


def test_a_column_that_is_missing_or_no_vector_is_refused_by_name(frame):
    with pytest.raises(ConfigError, match="'vectors' is not among the columns number, features"):
        PCA(inputCol="vectors").fit(frame)
    with pytest.raises(ConfigError, match="column 'number' is int: vectors must be array"):
        PCA(inputCol="number").fit(frame)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
def test_bad_numbers_are_counted_over_all_partitions_and_the_column_named(spark, bad):
    x = X.copy()
    x[[3, 200, 399], 5] = bad
    with pytest.raises(InputError, match="column 'features': 3 of 400 vectors hold NaN"):
        PCA(k=2).fit(frame_of(spark, x, partitions=9))


def test_a_null_inside_a_vector_is_a_bad_number(spark):
    given = spark.createDataFrame([([1.0, None],), ([1.0, 2.0],)], "features array<double>")
    with pytest.raises(InputError, match="column 'features': 1 of 2 vectors"):
        PCA(k=1).fit(given)


@pytest.mark.parametrize("partitions", [1, 3])
def test_vectors_of_different_lengths_are_refused_by_name(spark, partitions):
    given = spark.createDataFrame(
        [(n, [1.0] * (2 + n % 2)) for n in range(6)], "number int, features array<double>"
    ).repartition(partitions)
    with pytest.raises(InputError, match=r"column .features.*(of 2 and of 3 numbers|length)"):
        PCA(k=1).fit(given)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_vectors_are_refused(spark, count):
    with pytest.raises(InputError, match=r"holds no vector|at least 2 vectors"):
        PCA(k=1).fit(frame_of(spark, X[:count], nulls=2))


def test_equal_vectors_have_no_components(spark):
    with pytest.raises(InputError, match="all 50 vectors are equal"):
        PCA(k=1).fit(frame_of(spark, np.tile(X[:1], (50, 1))))


def test_duplicated_rows_change_nothing_but_the_count(spark, frame):
    twice = PCA(k=3).fit(frame.union(frame))
    once = PCA(k=3).fit(frame)
    np.testing.assert_allclose(twice.components, once.components, atol=1e-9)
    assert twice.nSamples == 2 * ROWS


def test_an_empty_partition_does_no_harm(spark, frame):
    scattered = frame.where("number < 20").repartition(30)
    np.testing.assert_allclose(
        PCA(k=2).fit(scattered).components, reference(X[:20], 2).components_, atol=1e-9
    )


def test_columns_with_dots_and_spaces_can_be_named(spark, frame):
    odd = frame.withColumnRenamed("features", "my.vectors here")
    model = PCA(k=2, inputCol="my.vectors here", outputCol="p.c").fit(odd)
    assert model.transform(odd).select("`p.c`").first()[0] is not None
