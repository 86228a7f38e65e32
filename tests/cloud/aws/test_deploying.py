"""Deployments made, and made again, against moto's server.

moto makes no machine: where AWS would start a driver, the test starts the very one that was asked
for, with the arguments of the request. Of the templates it knows a part: what it cannot make, the
test makes and names in the stack's outputs (`moto_edition`).
"""

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")
pytest.importorskip("moto", reason="only for tests: pip install 'moto[server]'")

import json

from deployed import BUCKET


def test_deploying_again_changes_nothing_that_was_set_before(fruits, moto_edition, amazon):
    words = ("cloud", "deploy", "emr-serverless", "--json")
    code, told, _ = fruits(*words, "--email", "somebody@example.org", "--raw-days", "7")
    assert code == 0
    assert json.loads(told)["stacks"] == {
        "fruits-data": "created",
        "fruits": "created",
        "fruits-budget": "created",
    }
    code, told, _ = fruits("cloud", "deploy", "emr", "--json")
    assert code == 0
    outputs = json.loads(told)["outputs"]
    assert {"JobRoleArn", "ServiceRoleArn", "WatchdogRoleArn"} <= set(outputs)
    assert outputs["Bucket"] == BUCKET
    (data,) = amazon("cloudformation").describe_stacks(StackName="fruits-data")["Stacks"]
    (there,) = amazon("cloudformation").describe_stacks(StackName="fruits")["Stacks"]
    parameters = {
        p["ParameterKey"]: p["ParameterValue"] for p in data["Parameters"] + there["Parameters"]
    }
    assert (parameters["RawDays"], parameters["EmrServerless"], parameters["Emr"]) == (
        "7", "yes", "yes",
    )  # fmt: skip
    assert {"Key": "fruits", "Value": "fruits"} in there["Tags"]


def test_deploy_wants_somebody_who_hears_of_the_budget(fruits, moto_edition, amazon):
    code, _, told = fruits("cloud", "deploy", "emr")
    assert code == 2
    assert "--email" in told
    assert amazon("cloudformation").list_stacks()["StackSummaries"] == []


def test_a_dry_deployment_makes_nothing_and_names_everything(fruits, moto_edition, amazon):
    code, told, _ = fruits("cloud", "deploy", "emr", "--dry-run", "--json", "--email", "a@b.org")
    data, durable, budget = json.loads(told)
    assert code == 0
    assert data["resources"] == {
        "Bucket": "AWS::S3::Bucket",
        "BucketPolicy": "AWS::S3::BucketPolicy",
    }
    assert durable["resources"]["SecurityConfiguration"] == "AWS::EMR::SecurityConfiguration"
    assert "Application" not in durable["resources"]
    assert budget["resources"] == {"Budget": "AWS::Budgets::Budget"}
    assert amazon("cloudformation").list_stacks()["StackSummaries"] == []


@pytest.mark.parametrize("options", [("--release", "emr-7.12.0"), ("--platform", "linux-aarch64")])
def test_what_concerns_another_target_is_not_changed_by_the_way(fruits, deployed, amazon, options):
    code, _, told = fruits("cloud", "deploy", "emr", *options)
    assert (code, "says nothing to emr" in told) == (2, True)
