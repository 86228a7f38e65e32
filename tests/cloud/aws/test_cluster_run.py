"""A cluster's state, as EMR tells it, and why it ended: in AWS' own words."""

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")

from fruits.cloud.aws.cluster_run import ClusterRun
from fruits.cloud.aws.run import State
from fruits.errors import CloudError

CAPACITY = "Instance type m5.xlarge is not available in the zone"


@pytest.fixture
def cluster(account, deployment, prices) -> ClusterRun:
    return ClusterRun("j-1", account, deployment, prices)


def told(state: str, code: str | None = None, message: str | None = None) -> dict:
    reason = {"Code": code, "Message": message} if code else {}
    return {"Cluster": {"Id": "j-1", "Status": {"State": state, "StateChangeReason": reason}}}


def step(state: str, **failure: str) -> dict:
    return {"Steps": [{"Id": "s-1", "Status": {"State": state, "FailureDetails": failure}}]}


@pytest.mark.parametrize(
    "state", ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"]
)
def test_until_the_cluster_has_gone_the_run_goes_on(cluster, stubbed, state):
    stubbed("emr").add_response("describe_cluster", told(state))
    assert cluster.state() == State(state)


def test_a_step_that_completed_is_a_success(cluster, stubbed):
    stub = stubbed("emr")
    stub.add_response("describe_cluster", told("TERMINATED", "ALL_STEPS_COMPLETED", "Steps done"))
    stub.add_response("list_steps", step("COMPLETED"), {"ClusterId": "j-1"})
    state = cluster.state()
    assert (state.ended, state.succeeded) == (True, True)


@pytest.mark.parametrize(
    ("cluster_told", "step_told", "reason"),
    [
        (("VALIDATION_ERROR", CAPACITY), ("CANCELLED", {}), f"{CAPACITY} (VALIDATION_ERROR)"),
        (
            ("STEP_FAILURE", "Shut down as step failed"),
            ("FAILED", {"Reason": "Unknown Error.", "Message": "exit 124"}),
            "Shut down as step failed; Unknown Error.; exit 124 (STEP_FAILURE)",
        ),
        (("USER_REQUEST", "User request"), ("CANCELLED", {}), "User request (USER_REQUEST)"),
    ],
)
def test_why_it_ended_is_told_in_aws_own_words(cluster, stubbed, cluster_told, step_told, reason):
    stub = stubbed("emr")
    stub.add_response("describe_cluster", told("TERMINATED_WITH_ERRORS", *cluster_told))
    state, failure = step_told
    stub.add_response("list_steps", step(state, **failure))
    found = cluster.state()
    assert (found.ended, found.succeeded, found.reason) == (True, False, reason)


def test_a_cluster_that_was_ended_before_its_step_is_no_success(cluster, stubbed):
    stub = stubbed("emr")
    stub.add_response("describe_cluster", told("TERMINATED", "USER_REQUEST", "User request"))
    stub.add_response("list_steps", {"Steps": []})
    assert not cluster.state().succeeded


def test_expired_credentials_are_told_with_what_to_do(cluster, stubbed):
    stubbed("emr").add_client_error("describe_cluster", "ExpiredTokenException", "expired", 400)
    with pytest.raises(CloudError, match=r"asking for j-1: expired .*sign in again"):
        cluster.state()
