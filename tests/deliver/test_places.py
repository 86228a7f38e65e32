"""Where things lie: buckets are asked, addresses are read, and whatever is not sure is wrong."""

import sys

import pytest

from fruits.deliver import places
from fruits.deliver.places import check_cloud, locate


def told(uri: str) -> tuple[str, str]:
    place = locate("link", uri)
    return place.finding.state, place.region


@pytest.mark.parametrize(("region", "city"), [("eu-west-3", "Paris"), ("eu-north-1", "Stockholm")])
def test_a_bucket_in_the_eu_is_fine(amazon, region, city):
    bucket = amazon(region)
    assert told(f"s3://{bucket}/out/1") == ("ok", f"{region} ({city})")
    assert told(f"s3a://{bucket}/out/1") == ("ok", f"{region} ({city})")
    assert told(f"https://{bucket}.s3.amazonaws.com/out/1") == ("ok", f"{region} ({city})")
    assert told(f"https://s3.amazonaws.com/{bucket}/out/1") == ("ok", f"{region} ({city})")
    page = f"https://{region}.console.aws.amazon.com/s3/buckets/{bucket}?prefix=out/&tab=objects"
    assert told(page) == ("ok", f"{region} ({city})")


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-2", "eu-central-2", "ap-south-1"])
def test_a_bucket_elsewhere_is_wrong_with_its_region_and_a_way_out(amazon, region):
    bucket = amazon(region)
    for uri in (f"s3://{bucket}/out", f"https://{bucket}.s3.amazonaws.com/out"):
        finding = locate("link", uri).finding
        assert (finding.state, region in finding.found) == ("wrong", True)
        assert "bucket of the EU" in finding.advice


def test_what_an_address_of_the_console_says_of_its_region_proves_nothing(amazon):
    bucket = amazon("us-east-1")
    page = f"https://eu-west-3.console.aws.amazon.com/s3/buckets/{bucket}?region=eu-west-3"
    assert told(page)[0] == "wrong"


def test_a_bucket_that_does_not_exist_is_wrong(amazon):
    finding = locate("link", "s3://fruits-nowhere/out").finding
    assert (finding.state, "cannot be found out" in finding.found) == ("wrong", True)


@pytest.mark.parametrize(
    ("uri", "state"),
    [
        ("https://photos.s3.eu-west-3.amazonaws.com/raw/", "ok"),
        ("https://my.photos.s3.eu-west-3.amazonaws.com/raw/", "ok"),
        ("https://s3.eu-west-3.amazonaws.com/photos/raw/", "ok"),
        ("https://s3-eu-west-1.amazonaws.com/photos/raw/", "ok"),
        ("https://photos.s3.dualstack.eu-central-1.amazonaws.com/raw/", "ok"),
        ("https://photos.s3-website.eu-west-3.amazonaws.com/", "ok"),
        ("https://PHOTOS.S3.EU-WEST-3.AMAZONAWS.COM/raw/", "ok"),
        ("https://photos.s3.eu-west-2.amazonaws.com/raw/", "wrong"),
        ("https://photos.s3.us-east-1.amazonaws.com/raw/", "wrong"),
        ("https://eu-west-3.s3.us-east-1.amazonaws.com/raw/", "wrong"),
        ("https://s3.eu-west-3.s3.us-east-1.amazonaws.com/raw/", "wrong"),
        ("https://photos.s3.eu-isoe-west-1.amazonaws.com/raw/", "wrong"),
        ("https://photos.s3.eu-west-3.amazonaws.com.example.org/raw/", "wrong"),
        ("https://photos.s3.eu-west-3.example.org/raw/", "wrong"),
        ("https://example.org/s3.eu-west-3.amazonaws.com/raw/", "wrong"),
        ("https://photos.s3.cn-north-1.amazonaws.com.cn/raw/", "wrong"),
        ("https://drive.example.com/photos", "wrong"),
        ("http://", "wrong"),
        ("abfss://photos@place.dfs.core.windows.net/raw", "wrong"),
        ("hdfs:///photos", "wrong"),
        ("dbfs://Volumes/photos", "wrong"),
        ("", "wrong"),
    ],
)
def test_an_address_is_fine_only_where_it_names_a_region_of_the_eu_itself(uri, state):
    place = locate("link", uri)
    assert place.finding.state == state
    assert place.finding.found
    assert bool(place.finding.advice) == (state == "wrong")


def test_an_address_that_lets_people_in_is_wrong_and_its_signature_is_not_shown():
    uri = "https://photos.s3.eu-west-3.amazonaws.com/a.csv?X-Amz-Signature=abc123&X-Amz-Expires=9"
    finding = locate("link", uri).finding
    assert (finding.state, "signature" in finding.found) == ("wrong", True)
    assert "abc123" not in finding.found
    secret = locate("link", "https://zoe:sesame@photos.s3.eu-west-3.amazonaws.com/a.csv").finding
    assert (secret.state, "sesame" in secret.found) == ("wrong", False)


def test_another_s3_than_amazons_is_in_a_region_that_nobody_knows(amazon, monkeypatch):
    monkeypatch.setenv("FRUITS_S3_ENDPOINT", "http://127.0.0.1:9")
    finding = locate("results", "s3://photos/out").finding
    assert (finding.state, "not checked" in finding.found) == ("wrong", True)


def test_a_folder_here_is_on_this_machine_and_its_place_is_not_told(tmp_path):
    place = locate("results", str(tmp_path / "out"))
    assert (place.is_here, place.shown) == (True, "out")
    assert place.finding.found == "out: this machine"


def test_without_the_library_that_asks_a_bucket_counts_as_unknown(monkeypatch):
    monkeypatch.setitem(sys.modules, "fruits.storage.aws", None)
    finding = locate("link", "s3://photos/out").finding
    assert (finding.state, finding.advice) == ("wrong", "pip install 'fruits[aws]'")


def test_all_on_this_machine_means_that_the_storage_on_a_cloud_is_missing(tmp_path):
    here = locate("results", str(tmp_path))
    away = locate("link", "https://photos.s3.eu-west-3.amazonaws.com/raw/")
    london = locate("link", "https://photos.s3.eu-west-2.amazonaws.com/raw/")
    assert check_cloud([here]).state == "missing"
    assert check_cloud([here, away]).state == "ok"
    assert check_cloud([here, london]).state == "missing"


def test_an_address_in_a_bucket_where_nothing_lies_is_missing(port, monkeypatch):
    import boto3

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    monkeypatch.setenv("FRUITS_S3_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(places, "residency", lambda _: "eu-west-3 (Paris)")
    s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-west-3")
    place = {"LocationConstraint": "eu-west-3"}
    s3.create_bucket(Bucket="fruits-links", CreateBucketConfiguration=place)
    s3.put_object(Bucket="fruits-links", Key="raw/Training/Fig/1.jpg", Body=b"x")
    for uri in ("s3://fruits-links/raw", "s3://fruits-links/raw/", "s3a://fruits-links/raw/Training",
                "s3://fruits-links/raw/Training/Fig/1.jpg", "s3://fruits-links"):  # fmt: skip
        assert told(uri) == ("ok", "eu-west-3 (Paris)"), uri
    for uri in ("s3://fruits-links/ra", "s3://fruits-links/raw/Test", "s3://fruits-links/out/1"):
        assert told(uri)[0] == "missing", uri


@pytest.mark.parametrize("region", ["eu-west-2 (London)", "eu-west-33", "hdfs, not checked", ""])
def test_a_region_is_compared_with_a_closed_list_and_not_by_how_it_begins(monkeypatch, region):
    monkeypatch.setattr(places, "residency", lambda _: region)
    assert told("s3://fruits-links/out")[0] == "wrong"
