"""Uploads to an S3 that throttles, hangs up and loses answers: all arrives, stripped, once."""

import hashlib
import io
import json
import shutil
import sys
import threading
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("obstore", reason="S3: pip install 'fruits[aws]'")

import numpy as np
from PIL import Image

import planted
from fruits.dataset import lying
from fruits.dataset.cleaned import clean
from fruits.dataset.put import Wish, put
from fruits.dataset.put_report import PutReport
from fruits.dataset.spread import spread
from fruits.errors import ConfigError, FruitsError, InputError, TooManyRejects
from fruits.images.decode import decode
from fruits.stages.progress import Silent
from fruits.storage import aws, credentials
from fruits.storage.output import Output
from fruits.storage.source import ImageRef, open_source

from photos import photo, write, write_photos
from s3_server import proxy

REGION = "eu-west-3"
ODD_NAMES = ("Training/Pêche #2/a b.jpg", "Training/100%/c%20d.jpg", "Test/Kaki + 柿/é?&=.jpeg")


@pytest.fixture
def bucket(port: int, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """An empty bucket; the environment has the credentials, as anywhere."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION,
        "FRUITS_S3_ENDPOINT": f"http://127.0.0.1:{port}",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    name = f"put{hashlib.sha1(request.node.nodeid.encode()).hexdigest()[:20]}"
    client(port).create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve photos, three of them with odd names, one with its place and its owner."""
    root = write_photos(tmp_path / "photos", 8, broken=False)
    for number, name in enumerate(ODD_NAMES):
        write(root / name, photo(100 + number))
    write(root / "Test/Fig/gps.jpg", planted.jpeg())
    return root


def client(port: int):
    import boto3

    return boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name=REGION)


def upload(source: Path | str, bucket: str, **changed) -> PutReport:
    return put(Wish(str(source), f"s3://{bucket}/raw", **changed), Silent())


def objects(port: int, bucket: str) -> dict[str, bytes]:
    """All that is in the bucket, as a stranger finds it."""
    s3 = client(port)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def stripped(folder: Path) -> dict[str, bytes]:
    """What must be in the bucket."""
    return {
        f"raw/{file.relative_to(folder)}": clean(file.read_bytes()).content
        for file in folder.rglob("*.jp*g")
    }


def counts(report: PutReport) -> tuple[int, int, int]:
    return report.uploaded, report.skipped, len(report.rejected)


FAULTS = {
    "sound": {},
    "throttled": {"throttled": 0.2},
    "reset": {"reset": 0.2},
    "answers lost": {"lost": 0.2},
    "all at once and slow": {"throttled": 0.1, "reset": 0.1, "lost": 0.1, "latency": 0.01},
}


@pytest.mark.parametrize("faults", list(FAULTS.values()), ids=list(FAULTS))
def test_whatever_happens_the_bucket_has_exactly_the_stripped_files(
    port, bucket, folder, monkeypatch, faults
):
    write_photos(folder, 80, broken=False)
    with proxy(port, **faults) as between:
        monkeypatch.setenv("FRUITS_S3_ENDPOINT", between.endpoint)
        first, again = upload(folder, bucket), upload(folder, bucket)
        seen = between.seen()
    assert objects(port, bucket) == stripped(folder)
    assert (counts(first), counts(again)) == ((84, 0, 0), (0, 84, 0))
    for kind in set(faults) - {"latency"}:
        assert seen[kind] > 0, f"no request was {kind}"


def test_a_photo_arrives_without_its_place_and_its_owner_but_the_right_way_up(port, bucket, folder):
    report = upload(folder, bucket)
    found = objects(port, bucket)["raw/Test/Fig/gps.jpg"]
    assert not any(mark in found for mark in planted.MARKS)
    assert dict(Image.open(io.BytesIO(found)).getexif()) == {0x0112: 6}
    np.testing.assert_array_equal(pixels(found), pixels(planted.jpeg()))
    assert (report.how["stripped"], report.how["as it was"]) == (1, 11)


def pixels(content: bytes) -> np.ndarray:
    return decode(content, shrink=lambda *_: 1).pixels


def test_keys_keep_the_paths_so_that_labels_and_splits_survive(port, bucket, folder):
    upload(folder, bucket)
    there = [ref.path for page in open_source(f"s3://{bucket}/raw").pages() for ref in page]
    here = [ref.path for page in open_source(str(folder)).pages() for ref in page]
    assert sorted(there) == sorted(here)
    assert set(ODD_NAMES) <= set(there)


def test_an_archive_is_uploaded_without_being_unpacked(port, bucket, folder, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "photos"), "zip", folder)
    assert counts(upload(archive, bucket)) == (12, 0, 0)
    assert objects(port, bucket) == stripped(folder)
    assert counts(upload(folder, bucket)) == (0, 12, 0)


def test_a_bucket_is_a_source_as_well_and_a_folder_a_target(port, bucket, folder, tmp_path):
    upload(folder, bucket)
    target = str(tmp_path / "back")
    for wanted in ((12, 0, 0), (0, 12, 0)):
        assert counts(put(Wish(f"s3://{bucket}/raw", target), Silent())) == wanted
    images = {key.removeprefix("raw/"): content for key, content in stripped(folder).items()}
    back = Path(target)
    assert {
        str(file.relative_to(back)): file.read_bytes() for file in back.rglob("*.jp*g")
    } == images


def test_a_changed_file_is_uploaded_alone(port, bucket, folder):
    upload(folder, bucket)
    before = client(port).head_object(Bucket=bucket, Key=f"raw/{ODD_NAMES[0]}")["LastModified"]
    write(folder / "Test/Fig/gps.jpg", photo(999))
    assert counts(upload(folder, bucket)) == (1, 11, 0)
    assert objects(port, bucket) == stripped(folder)
    after = client(port).head_object(Bucket=bucket, Key=f"raw/{ODD_NAMES[0]}")["LastModified"]
    assert before == after


def test_metadata_alone_is_no_change(port, bucket, folder):
    upload(folder, bucket)
    content = (folder / ODD_NAMES[0]).read_bytes()
    named = content[:2] + planted.segment(0xFE, b"taken by Zebulon") + content[2:]
    write(folder / ODD_NAMES[0], named)
    assert counts(upload(folder, bucket)) == (0, 12, 0)


def test_an_object_that_somebody_replaced_is_put_right(port, bucket, folder):
    upload(folder, bucket)
    content = stripped(folder)[f"raw/{ODD_NAMES[0]}"]
    client(port).put_object(Bucket=bucket, Key=f"raw/{ODD_NAMES[0]}", Body=content[::-1])
    assert counts(upload(folder, bucket)) == (1, 11, 0)
    assert objects(port, bucket) == stripped(folder)


def large_photo(seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 256, (2100, 2200, 3), np.uint8)
    Image.fromarray(noise).save(buffer := io.BytesIO(), "JPEG", quality=97)
    assert len(buffer.getvalue()) > 6_000_000
    return buffer.getvalue()


@pytest.mark.parametrize("faults", [{}, {"reset": 0.1, "lost": 0.1}], ids=["sound", "broken"])
def test_a_photo_that_is_sent_in_pieces_is_known_again_by_what_we_remember(
    port, bucket, tmp_path, monkeypatch, faults
):
    for number in range(3):
        write(tmp_path / "photos" / f"{number}.jpg", large_photo(number))
    with proxy(port, **faults) as between:
        monkeypatch.setenv("FRUITS_S3_ENDPOINT", between.endpoint)
        assert counts(upload(tmp_path / "photos", bucket)) == (3, 0, 0)
        assert counts(upload(tmp_path / "photos", bucket)) == (0, 3, 0)
    found = objects(port, bucket)
    assert set(json.loads(found.pop(f"raw/{lying.MEMORY}"))) == {"0.jpg", "1.jpg", "2.jpg"}
    assert found == stripped(tmp_path / "photos")


def test_a_lost_memory_costs_an_upload_and_nothing_else(port, bucket, tmp_path):
    write(tmp_path / "photos" / "large.jpg", large_photo(1))
    write(tmp_path / "photos" / "small.jpg", photo(1))
    upload(tmp_path / "photos", bucket)
    Output(f"s3://{bucket}/raw").write(lying.MEMORY, b"{ damaged")
    assert counts(upload(tmp_path / "photos", bucket)) == (1, 1, 0)
    assert counts(upload(tmp_path / "photos", bucket)) == (0, 2, 0)


def test_a_dry_run_tells_the_same_and_uploads_nothing(port, bucket, folder):
    planned = upload(folder, bucket, dry_run=True)
    assert objects(port, bucket) == {}
    done = upload(folder, bucket)
    assert (planned.uploaded, planned.uploaded_bytes) == (done.uploaded, done.uploaded_bytes)
    assert counts(upload(folder, bucket, dry_run=True)) == (0, 12, 0)


def test_what_is_no_image_stays_here_with_its_reason(port, bucket, tmp_path):
    photos = write_photos(tmp_path / "photos", 60)
    (photos / "notes.txt").write_text("not an image by its name: not even looked at")
    report = upload(photos, bucket)
    assert counts(report) == (60, 0, 3)
    assert set(report.reasons()) == {"empty", "not-an-image", "truncated"}
    assert len(objects(port, bucket)) == 60


def test_more_rejects_than_allowed_end_with_code_3_after_everything_else_is_there(
    port, bucket, tmp_path
):
    photos = write_photos(tmp_path / "photos", 8)
    with pytest.raises(TooManyRejects, match=r"3 images were rejected, 27\.3%") as told:
        upload(photos, bucket)
    assert isinstance(told.value.report, PutReport)
    assert len(objects(port, bucket)) == 8
    assert counts(upload(photos, bucket, max_rejected=0.5)) == (0, 8, 3)


def test_what_is_unreadable_is_kept_as_it_is_where_one_asks_for_it(port, bucket, tmp_path):
    photos = write_photos(tmp_path / "photos", 4)
    report = upload(photos, bucket, keep_unreadable=True)
    assert (counts(report), report.how["kept unreadable"]) == ((7, 0, 0), 3)
    assert objects(port, bucket)["raw/Test/Apple Red 1/empty.jpg"] == b""
    assert counts(upload(photos, bucket, keep_unreadable=True)) == (0, 7, 0)


def test_a_file_that_cannot_be_read_is_rejected_even_then(port, bucket, folder):
    (folder / "gone.jpg").symlink_to("/nowhere")
    report = upload(folder, bucket, keep_unreadable=True, max_rejected=1.0)
    assert (counts(report), report.reasons()) == ((12, 0, 1), {"unreadable": 1})


def test_names_that_lead_out_or_nowhere_are_rejected(port, bucket, tmp_path):
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive:
        for name in ("../../out.jpg", "a//b.jpg", "./c.jpg", "line\nbreak.jpg", "good.jpg"):
            archive.writestr(name, photo(1))
    report = upload(tmp_path / "odd.zip", bucket, max_rejected=1.0)
    assert (counts(report), report.reasons()) == ((1, 0, 4), {"unsafe-name": 4})
    assert list(objects(port, bucket)) == ["raw/good.jpg"]


def test_a_gif_and_a_bmp_are_written_anew_and_say_so(port, bucket, tmp_path):
    write(tmp_path / "photos/a.gif", photo(1, form="GIF"))
    write(tmp_path / "photos/b.bmp", photo(2, form="BMP"))
    assert upload(tmp_path / "photos", bucket).how["rewritten"] == 2
    for name in ("a.gif", "b.bmp"):
        found = objects(port, bucket)[f"raw/{name}"]
        np.testing.assert_array_equal(
            pixels(found), pixels((tmp_path / "photos" / name).read_bytes())
        )


@pytest.mark.parametrize("refused", [True, False], ids=["refused midway", "interrupted"])
def test_an_upload_that_ends_early_is_continued_by_the_next_call(
    port, bucket, tmp_path, monkeypatch, refused
):
    class Impatient(Silent):
        def advance(self, done: int, total: int) -> None:
            if done == 20 and not refused:
                raise KeyboardInterrupt

    photos = write_photos(tmp_path / "photos", 300, broken=False)
    with proxy(port, **({"refused_after": 20} if refused else {})) as between:
        monkeypatch.setenv("FRUITS_S3_ENDPOINT", between.endpoint)
        with pytest.raises((FruitsError, KeyboardInterrupt)) as told:
            put(Wish(str(photos), f"s3://{bucket}/raw"), Impatient())
    if refused:
        assert "access denied" in str(told.value)
        assert "run the same command to go on" in str(told.value)
    monkeypatch.setenv("FRUITS_S3_ENDPOINT", f"http://127.0.0.1:{port}")
    there = len(objects(port, bucket))
    assert 0 < there < 300
    assert counts(upload(photos, bucket)) == (300 - there, there, 0)
    assert objects(port, bucket) == stripped(photos)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-2"])
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_bucket_outside_of_the_eu_is_refused_before_a_byte_leaves(
    folder, monkeypatch, region, dry_run
):
    boto3 = pytest.importorskip("boto3")
    moto = pytest.importorskip("moto")
    from fruits.storage.s3 import S3Files

    for name in (*aws.ENDPOINTS, "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    for name in ("pipe_file", "_open", "objects", "info", "cat_file"):
        monkeypatch.setattr(S3Files, name, lambda *_, **__: pytest.fail("S3 was asked"))
    monkeypatch.setattr("fruits.dataset.put.open_source", lambda _: pytest.fail("a photo was read"))
    caches = (aws.region_of, aws._client, credentials.session)
    for cache in caches:
        cache.cache_clear()
    with moto.mock_aws():
        place = {} if region == "us-east-1" else {"LocationConstraint": region}
        options = {"CreateBucketConfiguration": place} if place else {}
        boto3.client("s3", region).create_bucket(Bucket="abroad", **options)
        with pytest.raises(ConfigError, match=region):
            upload(folder, "abroad", dry_run=dry_run)
        assert boto3.client("s3", region).list_objects_v2(Bucket="abroad")["KeyCount"] == 0
    for cache in caches:
        cache.cache_clear()


def test_without_the_library_for_s3_nothing_begins(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "obstore", None)
    monkeypatch.delitem(sys.modules, "fruits.storage.s3", raising=False)
    with pytest.raises(ConfigError, match=r"pip install 'fruits\[aws\]'"):
        upload(folder, "bucket")


def test_a_place_inside_of_the_other_is_refused(folder):
    with pytest.raises(ConfigError, match="one inside the other"):
        put(Wish(str(folder), str(folder / "clean")), Silent())
    with pytest.raises(ConfigError, match="one inside the other"):
        put(Wish(str(folder), str(folder.parent)), Silent())


def test_a_folder_without_images_and_a_target_that_is_a_file_are_told(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no images"):
        put(Wish(str(tmp_path / "empty"), str(tmp_path / "out")), Silent())
    write(tmp_path / "file", b"")
    with pytest.raises(ConfigError, match="is a file"):
        put(Wish(str(folder), str(tmp_path / "file")), Silent())


def test_something_else_that_removes_what_was_sent_is_noticed(port, bucket, folder, monkeypatch):
    write_as_ever = Output.write

    def write_but_one(self: Output, name: str, data: bytes) -> None:
        if name != ODD_NAMES[0]:
            write_as_ever(self, name, data)

    monkeypatch.setattr(Output, "write", write_but_one)
    with pytest.raises(FruitsError, match="1 of 12 uploaded files are not at"):
        upload(folder, bucket)


def test_no_more_bytes_are_under_way_than_allowed():
    lock, under_way, most = threading.Lock(), [0], [0]

    def task(ref: ImageRef) -> str:
        with lock:
            under_way[0] += ref.size
            most[0] = max(most[0], under_way[0])
        with lock:
            under_way[0] -= ref.size
        return ref.path

    sizes = [10, 30, 50, 500, 20] * 40
    refs = [ImageRef(str(number), size, None, "") for number, size in enumerate(sizes)]
    ended = list(spread(task, refs, threads=8, budget_bytes=100))
    assert sorted(ended) == sorted(ref.path for ref in refs)
    assert most[0] <= 500


def test_an_error_in_a_thread_ends_the_others_and_is_raised():
    def task(ref: ImageRef) -> str:
        raise OSError(ref.path)

    refs = [ImageRef(str(number), 1, None, "") for number in range(100)]
    with pytest.raises(OSError, match=r"\d+"):
        list(spread(task, refs, threads=4, budget_bytes=100))
    assert not any(thread.name.startswith("fruits-put") for thread in threading.enumerate())
