"""What destroying touches, what it leaves, and what it says, against moto's server.

moto makes no machine: where AWS would start a driver, the test starts the very one that was asked
for, with the arguments of the request. Of the templates it knows a part: what it cannot make, the
test makes and names in the stack's outputs (`moto_edition`).
"""

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")
pytest.importorskip("moto", reason="only for tests: pip install 'moto[server]'")

import io
import json

from aws_play import alive, another, submit
from deployed import BUCKET, REGION


def test_a_stack_of_that_name_that_is_not_ours_is_left_alone(fruits, moto_edition, amazon):
    body = json.dumps({"Resources": {"Mine": {"Type": "AWS::S3::Bucket"}}})
    amazon("cloudformation").create_stack(StackName="fruits", TemplateBody=body)
    for words in (
        ("deploy", "emr", "--email", "a@b.org"),
        ("destroy", "emr", "--yes", "--with-data"),
        ("status", "emr"),
    ):
        code, _, told = fruits("cloud", *words)
        assert code == 1
        assert "it is not ours" in told
    (there,) = amazon("cloudformation").describe_stacks(StackName="fruits")["Stacks"]
    assert there["StackStatus"] == "CREATE_COMPLETE"


def test_destroying_touches_only_what_is_ours_and_says_what_is_left(
    fruits, deployed, photos, package, amazon
):
    theirs, their_endpoint = another(amazon)
    options = ("--release", "emr-7.13.0", "--no-wait")
    _, ours, _ = submit(fruits, "emr", package, photos, f"s3://{BUCKET}/out/y", *options)
    submit(fruits, "emr-serverless", package, photos, f"s3://{BUCKET}/out/z", "--no-wait")
    code, told, _ = fruits("cloud", "destroy", "emr", "--dry-run")
    assert code == 0
    assert ours.strip() in told
    assert theirs not in told
    assert alive(amazon, ours.strip())
    code, _, told = fruits("cloud", "destroy", "emr", theirs)
    assert (code, "it is left alone" in told) == (1, True)
    code, told, _ = fruits("cloud", "destroy", "emr", "--yes")
    assert code == 0
    assert "left        stack fruits, for emr-serverless" in told
    assert not alive(amazon, ours.strip())
    assert alive(amazon, theirs)
    assert amazon("ec2").describe_vpc_endpoints(VpcEndpointIds=[their_endpoint])["VpcEndpoints"]
    code, told, said = fruits("cloud", "destroy", "emr-serverless", "--yes")
    assert (code, f"left        bucket {BUCKET} and its stack, kept" in told) == (0, True), said
    assert amazon("s3").head_object(Bucket=BUCKET, Key="raw/Test/Apple Red 1/0003.jpg")
    code, told, _ = fruits("cloud", "destroy", "emr-serverless", "--yes", "--with-data")
    assert (code, told.splitlines()[-1]) == (0, "nothing is left")
    assert BUCKET not in {each["Name"] for each in amazon("s3").list_buckets()["Buckets"]}
    assert alive(amazon, theirs)


def test_a_bucket_of_that_name_without_our_tag_is_not_emptied(fruits, amazon):
    amazon("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    amazon("s3").put_object(Bucket=BUCKET, Key="raw/a.jpg", Body=b"a")
    code, _, told = fruits("cloud", "destroy", "emr", "--yes", "--with-data")
    assert (code, "it is left alone" in told) == (1, True)
    assert amazon("s3").head_object(Bucket=BUCKET, Key="raw/a.jpg")


def test_without_yes_one_is_asked_and_nothing_is_removed(fruits, deployed, amazon, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, _, _ = fruits("cloud", "destroy", "emr")
    assert code != 0
    (there,) = amazon("cloudformation").describe_stacks(StackName="fruits")["Stacks"]
    assert {p["ParameterKey"]: p["ParameterValue"] for p in there["Parameters"]}["Emr"] == "yes"


def test_a_cluster_that_we_may_not_look_at_is_anothers(fruits, deployed, amazon, monkeypatch):
    from fruits.cloud.aws import clusters

    another(amazon)
    seen: list[str] = []
    described = clusters._described

    def only_ours(account, cluster: str):
        seen.append(cluster)
        return described(account, cluster)

    monkeypatch.setattr(clusters, "_described", only_ours)
    code, told, _ = fruits("cloud", "status", "emr")
    assert (code, told.strip(), seen) == (0, "no run of ours on emr", [])


def test_data_that_another_target_needs_is_not_destroyed(fruits, deployed, amazon):
    code, _, told = fruits("cloud", "destroy", "emr", "--with-data", "--yes")
    assert (code, "emr-serverless is still deployed" in told) == (2, True)
    assert amazon("cloudformation").describe_stacks(StackName="fruits-data")["Stacks"]
