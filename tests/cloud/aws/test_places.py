"""Where runs may read and write, with a deployment and before there is one."""

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")

from dataclasses import replace

from fruits.cloud.aws.deployment import imagined
from fruits.cloud.aws.ec2 import Ec2
from fruits.cloud.aws.emr import Emr
from fruits.cloud.aws.places import check_places
from fruits.cloud.aws.serverless import Serverless
from fruits.errors import ConfigError

from deployed import BUCKET, REGION

TARGETS = {"ec2": Ec2, "emr": Emr, "emr-serverless": Serverless}
OURS = f"s3://{BUCKET}"


@pytest.fixture
def look(account, prices, request_of):
    """Check a run's places dry, where nothing is deployed; returns the remarks."""

    def check(target: str, **places: str):
        deployment = imagined("fruits", REGION, target)
        return TARGETS[target](account, deployment, prices).check(
            request_of(**places), dry_run=True
        )

    return check


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "output",
    [
        "s3://another/out/1",
        "s3://fruits-123456789012-eu-west-1/out/1",
        "s3://orchard-123456789012-eu-west-3/out/1",
        f"{OURS}/results",
        f"{OURS}/raw/out",
        "s3://BUCKET/results",
    ],
)
def test_a_dry_run_refuses_the_outputs_that_a_real_one_refuses(look, target, output):
    with pytest.raises(ConfigError) as told:
        look(target, output=output)
    assert str(told.value) == (
        f"output = {output!r}: runs of the deployment fruits write below "
        "s3://fruits-ACCOUNT-eu-west-3/out/ only"
    )


def test_a_real_run_says_it_with_the_number_of_the_account(deployment, request_of):
    with pytest.raises(ConfigError, match=f"write below s3://{BUCKET}/out/ only"):
        check_places(request_of(output="s3://BUCKET/out/1"), deployment)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("bucket", [BUCKET, "BUCKET", "fruits-ACCOUNT-eu-west-3", "${Bucket}"])
def test_a_bucket_that_may_be_ours_or_a_word_for_it_is_looked_at(look, target, bucket):
    places = {"input": f"s3://{bucket}/raw", "output": f"s3://{bucket}/out/1"}
    assert list(look(target, **places)) == []


@pytest.mark.parametrize("target", TARGETS)
def test_an_input_in_our_bucket_that_no_run_reads_is_refused(look, target):
    with pytest.raises(ConfigError, match=r"read below s3://fruits-ACCOUNT-eu-west-3/raw/, "):
        look(target, input=f"{OURS}/fruits/packages")


@pytest.mark.parametrize("target", TARGETS)
def test_of_an_input_in_another_bucket_it_is_told_what_it_takes(look, target):
    (remark,) = look(target, input="s3://photos/2026")
    assert remark.startswith("input = 's3://photos/2026' is not below s3://fruits-ACCOUNT-")
    assert "deploy TARGET --read-bucket photos`" in remark


def test_the_one_bucket_more_is_read_without_a_word(deployment, request_of):
    wider = replace(deployment, parameters={"ReadBucket": "photos"})
    assert check_places(request_of(input="s3://photos/2026"), wider) == []
    with pytest.raises(ConfigError, match=r"out/, s3://photos only; .*--read-bucket NAME"):
        check_places(request_of(input="s3://others/2026"), wider)


def test_the_hdfs_of_a_cluster_is_only_to_be_looked_at(look, deployment, request_of):
    places = {"input": "hdfs:///raw", "output": "hdfs:///out"}
    assert [each.partition(" is ")[0] for each in look("emr", **places)] == [
        "output = 'hdfs:///out'",
        "input = 'hdfs:///raw'",
    ]
    assert "which is refused when it is sent" in look("emr", **places)[0]
    with pytest.raises(ConfigError, match="write below"):
        check_places(request_of(**places), deployment, hdfs=True)


@pytest.mark.parametrize("target", ["ec2", "emr-serverless"])
def test_targets_without_an_hdfs_are_not_given_one(look, target):
    with pytest.raises(ConfigError, match="output = 'hdfs:///out'"):
        look(target, output="hdfs:///out")
