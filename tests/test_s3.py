"""The whole chain from S3 to S3, also where the storage throttles, breaks and loses answers."""

import io
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from fruits import pipeline
from fruits.config import Config
from fruits.errors import OutputBusy
from fruits.stages.erase import Wish
from fruits.storage.lease import Lease
from fruits.storage.output import Output

from photos import write_photos
from s3_server import proxy
from tables import matrix

REGION = "eu-west-3"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photos(tmp_path_factory.mktemp("photos"), 60)


@pytest.fixture
def bucket(port: int, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """An empty bucket; the environment has the credentials, as anywhere."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    use(monkeypatch, f"http://127.0.0.1:{port}")
    name = f"b{abs(hash(request.node.name)):x}"
    client(port).create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return name


def client(port: int):
    import boto3

    return boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name=REGION)


def use(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("FRUITS_S3_ENDPOINT", endpoint)


def upload(port: int, folder: Path, bucket: str) -> None:
    to = client(port)
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            to.upload_file(str(file), bucket, f"raw/{file.relative_to(folder)}")


def read_matrix(port: int, bucket: str, to: Path) -> tuple[list[str], np.ndarray]:
    """Fetch the matrix as a stranger would, and read it as from any folder."""
    (to / "matrix").mkdir(parents=True)
    client(port).download_file(
        bucket, "out/matrix/matrix.parquet", str(to / "matrix/matrix.parquet")
    )
    return matrix(to)


def config(bucket: str, model: Path, **changed) -> Config:
    given = {"input": f"s3://{bucket}/raw", "output": f"s3://{bucket}/out", "model": str(model)}
    return Config(**(given | {"components": 5, "runner": "local"} | changed))


@pytest.fixture(scope="module")
def on_disk(folder: Path, tiny_onnx: Path, tmp_path_factory) -> tuple[list[str], np.ndarray]:
    out = tmp_path_factory.mktemp("disk") / "out"
    places = {"input": str(folder), "output": str(out)}
    pipeline.run(config("unused", tiny_onnx, **places))
    return matrix(out)


FAULTS = {
    "sound": {},
    "answers lost": {"lost": 0.1},
    "all at once and slow": {"throttled": 0.05, "reset": 0.05, "lost": 0.05, "latency": 0.01},
}


@pytest.mark.slow
@pytest.mark.parametrize("faults", list(FAULTS.values()), ids=list(FAULTS))
def test_from_s3_to_s3_gives_the_matrix_of_the_disk(
    port, bucket, folder, tiny_onnx, on_disk, tmp_path, monkeypatch, faults
):
    upload(port, folder, bucket)
    with proxy(port, **faults) as between:
        use(monkeypatch, between.endpoint)
        report = pipeline.run(config(bucket, tiny_onnx))
        again = pipeline.run(config(bucket, tiny_onnx))
        seen = between.seen()
    assert (report.images.featurised, report.images.rejected, report.matrix_rows) == (60, 3, 60)
    assert (again.images.skipped, again.runner) == (63, "none")
    paths, scores = read_matrix(port, bucket, tmp_path)
    assert sorted(paths) == sorted(on_disk[0])
    np.testing.assert_allclose(
        scores[np.argsort(paths)], on_disk[1][np.argsort(on_disk[0])], atol=1e-6
    )
    for kind, share in faults.items():
        assert kind == "latency" or seen[kind] > 0, f"no request was {kind} ({share})"


def test_an_archive_in_s3_is_read_where_it_lies(port, bucket, folder, tiny_onnx, on_disk, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "photos"), "zip", folder)
    client(port).upload_file(archive, bucket, "photos.zip")
    report = pipeline.run(config(bucket, tiny_onnx, input=f"s3://{bucket}/photos.zip"))
    assert (report.images.featurised, report.images.rejected) == (60, 3)
    paths, scores = read_matrix(port, bucket, tmp_path)
    assert sorted(paths) == sorted(on_disk[0])
    np.testing.assert_allclose(
        scores[np.argsort(paths)], on_disk[1][np.argsort(on_disk[0])], atol=1e-6
    )


def test_the_page_of_a_run_in_a_bucket_is_drawn_there_or_here(
    port, bucket, folder, tiny_onnx, tmp_path
):
    pytest.importorskip("altair", reason="pip install 'fruits[report]'")
    upload(port, folder, bucket)
    pipeline.run(config(bucket, tiny_onnx))
    there = pipeline.report(f"s3://{bucket}/out")
    here = pipeline.report(f"s3://{bucket}/out", to=str(tmp_path / "looks"), figures=True)
    assert there.page == f"s3://{bucket}/out/report.html"
    page = client(port).get_object(Bucket=bucket, Key="out/report.html")["Body"].read()
    assert page == (tmp_path / "looks/report.html").read_bytes()
    assert page.count(b"data:image/webp") == 1, "with the photos, read from the bucket"
    assert here.page_bytes == len(page)
    keys = [o["Key"] for o in client(port).list_objects_v2(Bucket=bucket)["Contents"]]
    assert not [key for key in keys if "lease" in key or "figures" in key]


def test_one_writer_in_s3_too(port, bucket, tmp_path):
    output = Output(f"s3://{bucket}/out")
    lease = Lease.acquire(output, "first")
    with pytest.raises(OutputBusy, match="run first"):
        Lease.acquire(Output(f"s3://{bucket}/out"), "second")
    lease.release()
    Lease.acquire(output, "second").release()
    assert output.names("_fruits/lease") == []


def test_an_answer_lost_while_taking_the_lease_is_no_rival(port, bucket, monkeypatch):
    with proxy(port, lost=0.3, seed=3) as between:
        use(monkeypatch, between.endpoint)
        for attempt in range(5):
            lease = Lease.acquire(Output(f"s3://{bucket}/out"), f"run-{attempt}")
            lease.confirm()
            lease.release()


def test_photos_that_changed_in_the_bucket_are_the_only_work(port, bucket, folder, tiny_onnx):
    upload(port, folder, bucket)
    pipeline.run(config(bucket, tiny_onnx))
    body = next(folder.rglob("0004.jpg")).read_bytes()
    client(port).put_object(Bucket=bucket, Key="raw/Training/Apple Red 1/0000.jpg", Body=body)
    client(port).delete_object(Bucket=bucket, Key="raw/Test/Apple Red 1/0003.jpg")
    report = pipeline.run(config(bucket, tiny_onnx, prune=True))
    assert (report.images.featurised, report.images.skipped) == (1, 61)
    assert (report.images.vanished, report.images.pruned, report.matrix_rows) == (1, 1, 59)


def test_the_features_table_in_s3_is_plain_parquet(port, bucket, folder, tiny_onnx, tmp_path):
    upload(port, folder, bucket)
    pipeline.features(config(bucket, tiny_onnx))
    keys = [
        entry["Key"]
        for entry in client(port).list_objects_v2(Bucket=bucket, Prefix="out/features/")["Contents"]
        if entry["Key"].endswith(".parquet")
    ]
    rows = 0
    for number, key in enumerate(keys):
        file = tmp_path / f"{number}.parquet"
        client(port).download_file(bucket, key, str(file))
        rows += pq.read_metadata(file).num_rows
    assert rows == 60


@pytest.mark.slow
def test_photos_packed_from_s3_to_s3_give_the_same_matrix(
    bucket: str, port: int, folder: Path, tiny_onnx: Path, tmp_path: Path
):
    upload(port, folder, bucket)
    packing = Config(input=f"s3://{bucket}/raw", output=f"s3://{bucket}/packed", runner="local")
    assert pipeline.pack(packing).images.featurised == 60
    assert pipeline.pack(packing).images.skipped == 63
    chain = {"model": str(tiny_onnx), "components": 5, "runner": "local", "max_rejected": 1}
    out, plain = tmp_path / "out", tmp_path / "plain"
    pipeline.run(Config(input=f"s3://{bucket}/packed", output=str(out), **chain))
    pipeline.run(Config(input=str(folder), output=str(plain), **chain))
    assert matrix(out)[0] == matrix(plain)[0]
    np.testing.assert_array_equal(matrix(out)[1], matrix(plain)[1])


def test_erasing_leaves_no_version_behind_in_a_bucket_that_keeps_them(
    bucket: str, port: int, folder: Path, tiny_onnx: Path
):
    s3 = client(port)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    out, path = f"s3://{bucket}/out", "Test/Pêche #2/0002.jpg"
    chain = {"model": str(tiny_onnx), "components": 3, "runner": "local", "max_rejected": 1}
    pipeline.run(Config(input=str(folder), output=out, **chain))
    s3.put_object(Bucket=bucket, Key="other/kept.txt", Body=b"first")
    s3.put_object(Bucket=bucket, Key="other/kept.txt", Body=b"second")
    erased = pipeline.erase(Wish(paths=(path,)), Config(output=out, runner="local"), yes=True)
    assert erased.rows == {"features": 1}
    assert erased.versions_removed > 3
    assert erased.matrix_rows == 59
    found = s3.list_object_versions(Bucket=bucket, Prefix="out/")
    for version in found["Versions"]:
        # The lease, and what the erasure wrote of itself, came later, and name nobody.
        key = version["Key"]
        assert version["IsLatest"] or key.startswith(("out/_fruits/lease/", "out/_fruits/erase/"))
        body = s3.get_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])["Body"].read()
        assert path.encode() not in body
        if key.endswith(".parquet"):
            columns = pq.read_table(io.BytesIO(body)).to_pydict()
            assert path not in columns["path"]
    theirs = s3.list_object_versions(Bucket=bucket, Prefix="other/")["Versions"]
    assert len(theirs) == 2  # what is not ours is left alone, old versions too
