"""Stacks: made once, brought up to date, and failures told with CloudFormation's own reasons."""

from datetime import UTC, datetime

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")


from fruits.cloud.aws import stack as stacks
from fruits.cloud.aws.lay import lay, stack_request
from fruits.cloud.aws.stack import Stack, find_stack, remove
from fruits.cloud.aws.wanted import BUDGET_REGIONS, Wanted
from fruits.errors import CloudError, ConfigError
from fruits.storage.regions import EU_REGIONS

ARN = "arn:aws:cloudformation:eu-west-3:123456789012:stack/fruits/1"
NOW = datetime(2026, 11, 28, tzinfo=UTC)
REQUEST = stack_request("fruits", "{}", {"Emr": "yes"}, deployment="fruits")


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(stacks, "POLL_SECONDS", 0)


def told(status: str, *, tag: str | None = "fruits") -> dict:
    tags = [{"Key": "fruits", "Value": tag}] if tag else []
    one = {"StackName": "fruits", "StackId": ARN, "CreationTime": NOW, "Tags": tags}
    return {"Stacks": [{**one, "StackStatus": status}]}


def event(number: int, resource: str, status: str, reason: str) -> dict:
    return {
        "StackId": ARN, "EventId": str(number), "StackName": "fruits", "Timestamp": NOW,
        "LogicalResourceId": resource, "ResourceStatus": status, "ResourceStatusReason": reason,
    }  # fmt: skip


@pytest.fixture
def cloudformation(stubbed):
    return stubbed("cloudformation")


def missing(stub) -> None:
    stub.add_client_error(
        "describe_stacks", "ValidationError", "Stack with id fruits does not exist", 400
    )


def test_a_new_stack_is_created_waited_for_and_taken_away_where_it_fails(account, cloudformation):
    missing(cloudformation)
    wanted = {**REQUEST, "OnFailure": "DELETE", "EnableTerminationProtection": True}
    cloudformation.add_response("create_stack", {"StackId": ARN}, wanted)
    for status in ("CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"):
        cloudformation.add_response("describe_stacks", told(status), {"StackName": ARN})
    notes: list[str] = []
    made, change = lay(account, REQUEST, deployment="fruits", keep=True, note=notes.append)
    assert (made.arn, change) == (ARN, "created")
    assert notes == ["stack fruits: create in progress"]


def test_a_stack_that_is_as_wanted_is_unchanged(account, cloudformation):
    for _ in range(2):
        cloudformation.add_response("describe_stacks", told("UPDATE_COMPLETE"))
    cloudformation.add_response("describe_stack_events", {"StackEvents": []})
    cloudformation.add_client_error(
        "update_stack", "ValidationError", "No updates are to be performed.", 400
    )
    assert lay(account, REQUEST, deployment="fruits", note=print)[1] == "unchanged"


def test_why_an_update_failed_is_told_and_what_failed_before_is_not(account, cloudformation):
    old = event(1, "Old", "UPDATE_FAILED", "of last week")
    new = [
        event(4, "Vpc", "UPDATE_FAILED", "Resource update cancelled"),
        event(3, "NodeRole", "CREATE_FAILED", "not authorized to iam:CreateRole"),
    ]
    for _ in range(2):
        cloudformation.add_response("describe_stacks", told("UPDATE_COMPLETE"))
    cloudformation.add_response("describe_stack_events", {"StackEvents": [old]})
    cloudformation.add_response("update_stack", {"StackId": ARN}, REQUEST)
    cloudformation.add_response("describe_stacks", told("UPDATE_ROLLBACK_COMPLETE"))
    cloudformation.add_response("describe_stack_events", {"StackEvents": [*new, old]})
    with pytest.raises(CloudError) as caught:
        lay(account, REQUEST, deployment="fruits", note=print)
    assert str(caught.value) == (
        "the stack fruits ended as UPDATE_ROLLBACK_COMPLETE: "
        "NodeRole: not authorized to iam:CreateRole"
    )


def test_why_a_creation_failed_is_told_although_the_stack_is_gone(account, cloudformation):
    missing(cloudformation)
    cloudformation.add_response("create_stack", {"StackId": ARN})
    cloudformation.add_response("describe_stacks", told("DELETE_COMPLETE"), {"StackName": ARN})
    events = {"StackEvents": [event(1, "Bucket", "CREATE_FAILED", "it exists already")]}
    cloudformation.add_response("describe_stack_events", events, {"StackName": ARN})
    with pytest.raises(CloudError, match="ended as DELETE_COMPLETE: Bucket: it exists already"):
        lay(account, REQUEST, deployment="fruits", note=print)


@pytest.mark.parametrize("tag", [None, "theirs"])
def test_a_stack_without_our_tag_is_not_touched(account, cloudformation, tag):
    cloudformation.add_response("describe_stacks", told("CREATE_COMPLETE", tag=tag))
    with pytest.raises(CloudError, match=r"has no tag fruits=fruits: it is not ours.*--name"):
        lay(account, REQUEST, deployment="fruits", note=print)


def test_protection_is_lifted_before_a_stack_is_deleted(account, cloudformation):
    lifted = {"StackName": "fruits", "EnableTerminationProtection": False}
    cloudformation.add_response("update_termination_protection", {"StackId": ARN}, lifted)
    cloudformation.add_response("delete_stack", {}, {"StackName": ARN})
    cloudformation.add_response("describe_stacks", told("DELETE_IN_PROGRESS"))
    cloudformation.add_response("describe_stacks", told("DELETE_COMPLETE"))
    remove(account, Stack("fruits", ARN, "CREATE_COMPLETE", protected=True), note=print)


def test_a_stack_that_would_not_go_is_told_with_the_reason(account, cloudformation):
    cloudformation.add_response("delete_stack", {})
    cloudformation.add_response("describe_stacks", told("DELETE_FAILED"))
    events = [event(1, "Worker", "DELETE_FAILED", "has a dependent object")]
    cloudformation.add_response("describe_stack_events", {"StackEvents": events})
    with pytest.raises(CloudError, match="DELETE_FAILED: Worker: has a dependent object"):
        remove(account, Stack("fruits", ARN, "CREATE_COMPLETE"), note=print)


@pytest.mark.parametrize(
    ("code", "told_so"),
    [("ExpiredToken", "sign in again"), ("Throttling", "wait a minute"), ("AccessDenied", "role")],
)
def test_refusals_are_told_plainly(account, cloudformation, code, told_so):
    cloudformation.add_client_error("describe_stacks", code, "no", 400)
    with pytest.raises(CloudError, match=told_so):
        find_stack(account, "fruits")


@pytest.mark.parametrize("region", EU_REGIONS)
def test_the_budget_lies_where_it_can_and_the_rest_where_it_is_wanted(region):
    wanted = Wanted(targets=("emr",), email="a@b.org", budget=25)
    requests = wanted.requests(region, "bucket", {})
    places = {request["StackName"]: place for place, request in requests}
    assert list(places) == ["fruits-data", "fruits", "fruits-budget"]
    assert places["fruits"] == places["fruits-data"] == region
    assert places["fruits-budget"] == (region if region in BUDGET_REGIONS else "eu-central-1")
    assert {p["ParameterKey"]: p["ParameterValue"] for p in requests[-1][1]["Parameters"]} == {
        "Amount": "25", "Email": "a@b.org", "Unit": "USD", "Deployment": "fruits",
    }  # fmt: skip


def test_what_was_set_before_stays_and_what_is_asked_for_changes():
    there = {"fruits": {"Emr": "yes", "ReadBucket": "photos", "ReleaseLabel": "emr-7.13.0"}}
    wanted = Wanted(targets=("emr-serverless",), release="emr-spark-8.1.0")
    _, (_, request) = wanted.requests("eu-west-3", "bucket", there)
    found = {p["ParameterKey"]: p["ParameterValue"] for p in request["Parameters"]}
    assert (found["Emr"], found["EmrServerless"], found["ReadBucket"]) == ("yes", "yes", "photos")
    assert (found["ReleaseLabel"], found["Bucket"]) == ("emr-spark-8.1.0", "bucket")
    assert (found["MaximumVcpus"], found["MaximumMemoryGb"]) == ("16", "64")


@pytest.mark.parametrize("name", ["Fruits", "1fruits", "fruits_1", "f" * 37, "", "frûits", "a b"])
def test_names_that_no_bucket_can_have_are_refused(name):
    with pytest.raises(ConfigError, match="name = "):
        Wanted(name=name)


@pytest.mark.parametrize("email", ["somebody", "a@b", "a b@c.org", "", "@c.org"])
def test_an_address_that_is_none_is_refused_before_anything_is_made(email):
    with pytest.raises(ConfigError, match="is no address"):
        Wanted(email=email)
