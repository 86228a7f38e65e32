"""Plain Parquet files, read by the workers themselves: the results are those of Spark."""

import re
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.ml.functions import array_to_vector
from pyspark.sql import functions as F  # noqa: N812

from fruits import PCA
from fruits.errors import InputError
from fruits.spark.ml import files, moments
from fruits.spark.ml.files import SETTING, group_pieces, plain_files

ROWS, WIDTH, FILES = 1200, 12, 5


def drawn(rows: int = ROWS, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    spread = np.geomspace(5, 0.5, WIDTH)
    return (generator.standard_normal((rows, WIDTH)) * spread + 3).astype(np.float32)


X = drawn()


def write(
    folder: Path, x: np.ndarray = X, *, count: int = FILES, names: str = "part {} é%20.parquet"
):
    """Vectors by number, in files with ugly names, 100 rows to a row group."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, numbers in enumerate(np.array_split(np.arange(len(x)), count)):
        lists = pa.array(list(x[numbers]), pa.list_(pa.float32()))
        table = pa.table({"number": numbers, "features": lists})
        pq.write_table(table, folder / names.format(index), row_group_size=100)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("vectors") / "a folder")


@pytest.fixture
def frame(spark, folder):
    return spark.read.parquet(str(folder))


@pytest.fixture
def read_by_spark(spark):
    spark.conf.set(SETTING, "false")
    yield
    spark.conf.unset(SETTING)


def scores(frame, *, order="number") -> np.ndarray:
    return np.array([row.pca for row in frame.orderBy(order).collect()])


def bits(model) -> bytes:
    return model.fitted.moments.scatter.tobytes() + model.mean.tobytes()


@pytest.mark.parametrize(
    "chosen",
    [
        lambda f: f,
        lambda f: f.select("features"),
        lambda f: f.select("features", "number").select("features"),
        lambda f: f.alias("x"),
    ],
)
def test_columns_chosen_from_parquet_files_are_plain(frame, folder, chosen):
    found = plain_files(chosen(frame), "features")
    assert found == sorted(str(path) for path in folder.glob("*.parquet"))


@pytest.mark.parametrize(
    "changed",
    [
        lambda f: f.filter("number > 3"),
        lambda f: f.limit(5),
        lambda f: f.repartition(3),
        lambda f: f.union(f),
        lambda f: f.sample(0.5),
        lambda f: f.withColumn("more", F.lit(1)),
        lambda f: f.withColumn("features", F.slice("features", 1, 3)),
        lambda f: f.drop("features").withColumnsRenamed({"number": "features"})
        .withColumn("features", F.array(F.col("features").cast("float"))),
        lambda f: f.withColumn("features", array_to_vector("features")),
    ],
    ids=["filter", "limit", "repartition", "union", "sample", "more", "cut", "made", "vectors"],
)  # fmt: skip
def test_anything_else_is_left_to_spark(frame, changed):
    assert plain_files(changed(frame), "features") is None


def test_other_formats_cached_frames_and_broken_files_are_left_to_spark(spark, frame, tmp_path):
    frame.write.json(str(tmp_path / "json"))
    json = spark.read.schema(frame.schema).json(str(tmp_path / "json"))
    assert plain_files(json, "features") is None
    cached = spark.read.parquet(str(write(tmp_path / "cached"))).cache()
    assert plain_files(cached, "features") is None
    cached.unpersist()
    again = spark.read.parquet(str(tmp_path / "cached"))
    assert plain_files(again, "features") is not None
    for file in (tmp_path / "cached").glob("*.parquet"):
        file.write_bytes(b"PARE, as an encrypted file begins")
    assert plain_files(again, "features") is None


def test_a_setting_leaves_everything_to_spark(frame, read_by_spark):
    assert plain_files(frame, "features") is None


def test_a_fit_from_files_is_that_of_spark_and_of_numpy(spark, frame):
    ours = PCA(k=4).fit(frame)
    theirs = PCA(k=4).fit(frame.filter("number >= 0"))
    np.testing.assert_allclose(ours.components, theirs.components, atol=1e-12)
    np.testing.assert_allclose(ours.mean, X.mean(axis=0, dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(ours.fitted.moments.scatter / (ROWS - 1), np.cov(X.T), rtol=1e-9)


@pytest.mark.parametrize(
    "settings",
    [
        {"spark.sql.files.maxPartitionBytes": "1000"},
        {"spark.sql.files.maxPartitionBytes": "1g", "spark.sql.files.openCostInBytes": "0"},
        {"spark.sql.execution.arrow.maxRecordsPerBatch": "7"},
        {"spark.sql.shuffle.partitions": "3", "spark.sql.adaptive.enabled": "false"},
    ],
)
def test_however_spark_would_cut_the_files_the_bits_are_the_same(spark, folder, frame, settings):
    expected = bits(PCA(k=2).fit(frame))
    before = {name: spark.conf.get(name) for name in settings}
    for name, value in settings.items():
        spark.conf.set(name, value)
    paths = sorted(map(str, folder.glob("*.parquet")), reverse=True)
    try:
        assert bits(PCA(k=2).fit(spark.read.parquet(*paths))) == expected
    finally:
        for name, value in before.items():
            spark.conf.set(name, value)


def test_merged_by_workers_or_by_the_driver_the_bits_are_the_same(frame, monkeypatch):
    monkeypatch.setattr(files, "GROUP_BYTES", 5000)
    assert len(group_pieces(plain_files(frame, "features"))) > FILES
    by_driver = bits(PCA(k=2).fit(frame))
    monkeypatch.setattr(moments, "FEW_PARTS", 0)
    assert bits(PCA(k=2).fit(frame)) == by_driver


def test_groups_cover_every_row_group_once_and_never_grow_many(folder, monkeypatch):
    paths = sorted(map(str, folder.glob("*.parquet")))
    for size, most in ((1, 256), (1, 3), (5000, 256), (10**9, 256)):
        monkeypatch.setattr(files, "GROUP_BYTES", size)
        monkeypatch.setattr(files, "MOST_GROUPS", most)
        groups = group_pieces(paths)
        pieces = [(f, n) for group in groups for f, start, end in group for n in range(start, end)]
        expected = [(f, n) for f in paths for n in range(pq.read_metadata(f).num_row_groups)]
        assert pieces == expected
        assert len(groups) <= 2 * most
    assert len(groups) == 1


@pytest.mark.parametrize(
    "changed",
    [
        lambda f: f,
        lambda f: f.filter("number % 7 = 3"),
        lambda f: f.orderBy(F.desc("number")),
        lambda f: f.filter("number > 1150").repartition(4),
        lambda f: f.limit(10),
        lambda f: f.filter(F.col("pca")[0] > 0),
        lambda f: f.select("pca", "number"),
    ],
    ids=["all", "every seventh", "ordered", "few", "limit", "by score", "selected"],
)
def test_a_transform_from_files_gives_every_row_its_own_coordinates(frame, changed):
    model = PCA(k=3).fit(frame)
    expected = (X.astype(np.float64) - model.mean) @ model.components.T
    rows = changed(model.transform(frame)).collect()
    assert rows
    got = np.array([row.pca for row in rows])
    np.testing.assert_allclose(got, expected[[row.number for row in rows]], atol=1e-4)


def test_spark_does_not_read_the_vectors_of_a_transform(frame):
    model = PCA(k=3).fit(frame)
    made = model.transform(frame).select("number", "pca")
    plan = made._jdf.queryExecution().executedPlan().toString()
    (read,) = re.findall(r"ReadSchema: (.*)", plan)
    assert "number" in read
    assert "features" not in read


def test_inverse_and_error_follow_from_files_too(frame):
    model = PCA(k=3).fit(frame)
    made = model.reconstruction_error(model.inverse_transform(model.transform(frame)))
    assert made.schema["restored"].dataType.simpleString() == "array<float>"
    rows = made.orderBy("number").collect()
    restored = np.array([row.restored for row in rows], np.float64)
    errors = ((X - restored) ** 2).sum(axis=1)
    np.testing.assert_allclose([row.reconstruction_error for row in rows], errors, rtol=1e-3)


def test_folders_named_by_a_column_nulls_and_missing_columns_are_read_as_spark_does(
    spark, tmp_path
):
    write(tmp_path / "t/label=Apple Braeburn", X[:300], count=2)
    write(tmp_path / "t/label=Pêche%2F", X[300:], count=2)
    extra = pa.table({"number": [5000, 5001, 5002]})
    pq.write_table(extra, tmp_path / "t/label=Pêche%2F/none.parquet")
    lists = pa.array([None, list(X[0])], pa.list_(pa.float32()))
    nulls = pa.table({"number": [6000, 6001], "features": lists})
    pq.write_table(nulls, tmp_path / "t/label=Pêche%2F/nulls.parquet")
    frame = spark.read.option("mergeSchema", "true").parquet(str(tmp_path / "t"))
    assert plain_files(frame, "features") is not None
    model = PCA(k=2).fit(frame)
    assert model.nSamples == ROWS + 1
    rows = model.transform(frame).collect()
    assert len(rows) == ROWS + 5
    without = {row.number for row in rows if row.pca is None}
    assert without == {5000, 5001, 5002, 6000}
    by_spark = PCA(k=2).fit(frame.filter("number >= 0"))
    np.testing.assert_allclose(model.components, by_spark.components, atol=1e-12)


def test_where_all_vectors_are_null_everything_is_null(spark, frame, tmp_path):
    lists = pa.nulls(300, pa.list_(pa.float32()))
    pq.write_table(pa.table({"number": range(300), "features": lists}), tmp_path / "x.parquet")
    empty = spark.read.parquet(str(tmp_path / "x.parquet"))
    model = PCA(k=3).fit(frame)
    for given in (empty, empty.filter("number >= 0")):
        made = model.reconstruction_error(model.inverse_transform(model.transform(given)))
        rows = made.select("pca", "restored", "reconstruction_error").distinct().collect()
        assert [tuple(row) for row in rows] == [(None, None, None)]


def test_bad_numbers_in_files_are_counted_and_the_column_named(spark, tmp_path):
    spoilt = X.copy()
    spoilt[[3, 700], 1] = np.nan
    frame = spark.read.parquet(str(write(tmp_path / "bad", spoilt)))
    with pytest.raises(InputError, match=f"column 'features': 2 of {ROWS} vectors hold NaN"):
        PCA(k=2).fit(frame)
    model = PCA(k=2).fit(frame.filter("number not in (3, 700)"))
    with pytest.raises(Exception, match=r"column 'features': .* vectors hold NaN"):
        model.transform(frame).collect()


def test_a_file_that_vanished_after_the_listing_is_named(spark, tmp_path):
    frame = spark.read.parquet(str(write(tmp_path / "gone")))
    model = PCA(k=2).fit(frame)
    made = model.transform(frame)
    next((tmp_path / "gone").glob("part 3*")).unlink()
    with pytest.raises(Exception, match="part 3"):
        made.collect()
    with pytest.raises(InputError, match=r"cannot read .*part 3.*read the folder again"):
        PCA(k=2).fit(frame)


def test_a_column_of_the_hidden_name_is_no_obstacle(spark, tmp_path):
    table = pa.table({"_metadata": list(range(ROWS)), "features": pa.array(list(X))})
    pq.write_table(table, tmp_path / "x.parquet")
    frame = spark.read.parquet(str(tmp_path / "x.parquet"))
    model = PCA(k=2).fit(frame)
    expected = (X.astype(np.float64) - model.mean) @ model.components.T
    got = scores(model.transform(frame), order="_metadata")
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_an_update_from_files_reads_new_files_alone(spark, tmp_path):
    old = write(tmp_path / "old", X[:800])
    new = write(tmp_path / "new", X[800:])
    model = PCA(k=3).fit(spark.read.parquet(str(old)))
    shutil.rmtree(old)
    updated = model.update(spark.read.parquet(str(new)))
    whole = PCA(k=3).fit(spark.read.parquet(str(write(tmp_path / "all"))))
    np.testing.assert_allclose(updated.components, whole.components, atol=1e-10)
    np.testing.assert_allclose(updated.explainedVariance, whole.explainedVariance, rtol=1e-10)
