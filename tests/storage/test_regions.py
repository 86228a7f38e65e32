"""Where photos may lie: all the regions that botocore knows, and buckets that are elsewhere."""

from collections.abc import Iterator

import pytest

pytest.importorskip("botocore", reason="S3: pip install 'fruits[aws]'")
pytest.importorskip("obstore", reason="S3: pip install 'fruits[aws]'")
pytest.importorskip("moto", reason="only for tests: pip install 'moto[server]'")

import boto3
import botocore.session
import moto

from fruits import pipeline
from fruits.config import Config
from fruits.doctor import examine_output
from fruits.errors import ConfigError
from fruits.stages.erase import Wish
from fruits.storage import aws, credentials
from fruits.storage.regions import EU_REGIONS, check_region
from fruits.storage.residency import residency
from fruits.storage.uri import storage_options

IN_THE_EU = {
    "eu-central-1", "eu-west-1", "eu-west-3", "eu-north-1", "eu-south-1", "eu-south-2",
}  # fmt: skip


def all_regions() -> list[str]:
    session = botocore.session.get_session()
    return sorted(
        {
            region
            for partition in session.get_available_partitions()
            for service in ("s3", "emr")
            for region in session.get_available_regions(service, partition, allow_non_regional=True)
        }
    )


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Amazon's own S3, played by moto inside of this process; no region is configured."""
    for name in (*aws.ENDPOINTS, "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    for cache in (aws.region_of, aws._client, credentials.session):
        cache.cache_clear()
    with moto.mock_aws():
        yield
    for cache in (aws.region_of, aws._client, credentials.session):
        cache.cache_clear()


def bucket_in(region: str) -> str:
    place = {} if region == "us-east-1" else {"LocationConstraint": region}
    options = {"CreateBucketConfiguration": place} if place else {}
    boto3.client("s3", region).create_bucket(Bucket=f"photos-{region}", **options)
    return f"photos-{region}"


def test_the_list_is_closed_and_has_the_six_regions_of_member_states():
    assert set(EU_REGIONS) == IN_THE_EU
    assert {check_region(region, "it") for region in EU_REGIONS} == IN_THE_EU


@pytest.mark.parametrize("region", sorted(set(all_regions()) - IN_THE_EU))
def test_every_other_region_that_botocore_knows_is_refused(region):
    with pytest.raises(ConfigError, match=f"'{region}'"):
        check_region(region, "s3://photos")


@pytest.mark.parametrize(
    "region", ["eu-isoe-west-1", "eu-west-2", "eu-central-2", "eusc-de-east-1", "eu-west-33",
               "EU-WEST-3", " eu-west-3", "eu-west-3a", "eu", "", "europe-west3", "aws-eu-west-3"]
)  # fmt: skip
def test_look_alikes_are_refused(region):
    with pytest.raises(ConfigError, match="stays in the EU"):
        check_region(region, "s3://photos")


def test_london_and_zurich_are_refused_with_their_reason():
    with pytest.raises(ConfigError, match="United Kingdom"):
        check_region("eu-west-2", "s3://photos")
    with pytest.raises(ConfigError, match="Switzerland"):
        check_region("eu-central-2", "s3://photos")


@pytest.mark.parametrize("region", ["eu-west-3", "eu-south-2", "eu-central-1"])
def test_a_bucket_in_the_eu_is_signed_for_where_it_is(amazon, region):
    bucket = bucket_in(region)
    assert aws.region_of(bucket) == region
    assert storage_options(f"s3://{bucket}/out")["aws_region"] == region
    assert residency(f"s3://{bucket}/out") == f"{region} ({EU_REGIONS[region]})"


@pytest.mark.parametrize("region", ["eu-west-2", "eu-central-2", "us-east-1", "ap-south-1"])
@pytest.mark.parametrize("scheme", ["s3", "s3a"])
def test_neither_input_nor_output_may_be_elsewhere(amazon, tmp_path, photos, region, scheme):
    place = f"{scheme}://{bucket_in(region)}/place"
    with pytest.raises(ConfigError, match=region):
        pipeline.run(Config(input=place, output=str(tmp_path / "out"), model="fruitnet"))
    with pytest.raises(ConfigError, match=region):
        pipeline.run(Config(input=str(photos), output=place, model="fruitnet"))
    assert boto3.client("s3", region).list_objects_v2(Bucket=f"photos-{region}")["KeyCount"] == 0


@pytest.mark.parametrize(
    "command",
    [
        lambda place: pipeline.reduce(Config(output=place)),
        lambda place: pipeline.pack(Config(input=place, output="packed")),
        lambda place: pipeline.features(Config(input=place, output="out", model="fruitnet")),
        lambda place: pipeline.erase(Wish(paths=["a.jpg"]), Config(output=place)),
        lambda place: examine_output(place, mend=True),
    ],
    ids=["reduce", "pack", "features", "erase", "doctor"],
)
def test_no_command_reaches_a_bucket_elsewhere(amazon, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="us-east-1"):
        command(f"s3://{bucket_in('us-east-1')}/place")


def test_what_is_configured_does_not_make_a_bucket_european(amazon, monkeypatch):
    bucket = bucket_in("us-east-1")
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    with pytest.raises(ConfigError, match="us-east-1"):
        aws.region_of(bucket)


def test_a_configured_region_elsewhere_is_refused_before_any_request(amazon, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    monkeypatch.setattr(aws, "client", lambda _: pytest.fail("a request was made"))
    with pytest.raises(ConfigError, match="AWS_REGION"):
        aws.region_of("photos")


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://s3.us-east-1.amazonaws.com", "us-east-1"),
        ("https://s3.amazonaws.com", "us-east-1"),
        ("https://s3-eu-west-2.amazonaws.com", "eu-west-2"),
        ("https://bucket.vpce-1a2b.s3.ap-south-1.vpce.amazonaws.com", "ap-south-1"),
        ("https://s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
    ],
)
def test_spelling_out_an_endpoint_of_amazons_skips_no_check(amazon, monkeypatch, url, region):
    monkeypatch.setenv("FRUITS_S3_ENDPOINT", url)
    with pytest.raises(ConfigError, match=f"'{region}'"):
        aws.region_of("photos")


def test_another_s3_is_not_checked_and_that_is_said(amazon, monkeypatch):
    monkeypatch.setenv("FRUITS_S3_ENDPOINT", "http://127.0.0.1:9000")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert aws.region_of("photos") == "us-east-1"
    assert residency("s3://photos/out") == "not checked: S3, http://127.0.0.1:9000"


def test_a_bucket_that_forbids_to_look_inside_still_says_where_it_is(amazon, monkeypatch):
    class Forbidding:
        def head_bucket(self, **_: str) -> None:
            headers = {"x-amz-bucket-region": "eu-west-2"}
            answer = {"Error": {"Code": "403"}, "ResponseMetadata": {"HTTPHeaders": headers}}
            raise aws.ClientError(answer, "HeadBucket")

    monkeypatch.setattr(aws, "client", lambda _: Forbidding())
    with pytest.raises(ConfigError, match="United Kingdom"):
        aws.region_of("photos")


def test_a_bucket_that_is_not_there_is_told_as_such(amazon):
    with pytest.raises(ConfigError, match="where s3://no-such-bucket lies cannot be found out"):
        aws.region_of("no-such-bucket")


def test_other_places_are_named_for_what_they_are(tmp_path):
    assert residency(str(tmp_path)) == "this machine"
    assert residency("hdfs://nn:8020/out") == "hdfs, not checked"
