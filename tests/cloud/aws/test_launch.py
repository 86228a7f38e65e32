"""A cluster is made exactly once, and never without its watchdog: whatever AWS answers."""

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")

from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from fruits.cloud.aws import launch as launching
from fruits.cloud.aws.launch import launch, terminate
from fruits.errors import CloudError

REQUEST = {"Name": "fruits s1", "Instances": {}}
LOST = ReadTimeoutError(endpoint_url="https://emr")
DOWN = EndpointConnectionError(endpoint_url="https://emr")


class Elastic:
    """The three calls of EMR that a launch makes; answers to `run_job_flow` are given in order.

    A "lost" answer is that of a cluster which was made all the same.
    """

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.made: list[str] = []
        self.ended: list[str] = []
        self.unlisted = 0

    def run_job_flow(self, **request: object) -> dict:
        answer = self.answers.pop(0)
        if not isinstance(answer, Exception):
            self.made.append(f"j-{len(self.made) + 1}")
        if answer == "lost":
            raise LOST
        if answer == "interrupted":
            raise KeyboardInterrupt
        if isinstance(answer, Exception):
            raise answer
        return {"JobFlowId": self.made[-1]}

    def terminate_job_flows(self, *, JobFlowIds: list[str]) -> None:  # noqa: N803
        self.ended += JobFlowIds

    def get_paginator(self, call: str):
        assert call == "list_clusters"
        self.unlisted -= 1
        seen = self.made if self.unlisted < 0 else []
        clusters = [{"Id": made, "Name": REQUEST["Name"]} for made in seen]
        other = {"Id": "j-other", "Name": "another's"}

        class Pages:
            def paginate(self, **_: object):
                return [{"Clusters": [other]}, {"Clusters": clusters}]

        return Pages()


def refusal(code: str, message: str = "no", status: int = 400) -> Exception:
    from botocore.exceptions import ClientError

    answer = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "RunJobFlow")


@pytest.fixture
def elastic(account, monkeypatch):
    """Put a script in the place of EMR, and of the watchdog; returns what makes it."""
    watched: list[str] = []

    def play(*answers: object, watchdog: Exception | None = None) -> Elastic:
        service = Elastic(*answers)
        monkeypatch.setattr(launching, "PAUSE_SECONDS", 0)
        monkeypatch.setattr(account, "client", lambda _, attempts=8: service)

        def watch(account, call, deployment, cluster, *, minutes):
            if watchdog:
                raise watchdog
            watched.append(cluster)
            return "at an hour"

        monkeypatch.setattr(launching, "watch", watch)
        service.watched = watched
        return service

    return play


def test_a_cluster_is_made_and_watched(elastic, account, deployment):
    service = elastic("well")
    assert launch(account, deployment, REQUEST, minutes=85) == ("j-1", "at an hour")
    assert (service.watched, service.ended) == (["j-1"], [])


@pytest.mark.parametrize("answers", [(DOWN,) * n + ("lost",) for n in range(4)])
def test_an_answer_that_got_lost_makes_no_second_cluster(elastic, account, deployment, answers):
    service = elastic(*answers, "well", "well")
    assert launch(account, deployment, REQUEST, minutes=85)[0] == "j-1"
    assert service.made == ["j-1"]


@pytest.mark.parametrize(
    "trouble", [DOWN, refusal("ThrottlingException"), refusal("InternalFailure", status=500)]
)
def test_what_passes_is_tried_again(elastic, account, deployment, trouble):
    service = elastic(trouble, trouble, "well")
    assert launch(account, deployment, REQUEST, minutes=85)[0] == "j-1"
    assert service.made == ["j-1"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (refusal("ThrottlingException", "Rate exceeded"), r"Rate exceeded.*wait a minute"),
        (refusal("InternalServerError", "sorry", status=500), "sorry"),
        (DOWN, "check the network"),
    ],
)
def test_what_does_not_pass_is_told_after_four_tries(elastic, account, deployment, error, told):
    service = elastic(*[error] * 4)
    with pytest.raises(CloudError, match=told):
        launch(account, deployment, REQUEST, minutes=85)
    assert service.answers == []


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (refusal("ExpiredTokenException", "expired"), "sign in again"),
        (refusal("AccessDeniedException", "denied"), "submitter's role"),
        (refusal("ValidationException", "m5.huge is not supported"), "m5.huge is not supported"),
        (refusal("ServiceQuotaExceededException", "too many vCPUs"), "Service Quotas"),
    ],
)
def test_what_cannot_pass_is_told_at_once(elastic, account, deployment, error, told):
    service = elastic(error, "well")
    with pytest.raises(CloudError, match=told):
        launch(account, deployment, REQUEST, minutes=85)
    assert service.answers == ["well"]


def test_a_list_that_lags_behind_is_read_again(elastic, account, deployment):
    service = elastic("lost", "well")
    service.unlisted = 3
    assert launch(account, deployment, REQUEST, minutes=85)[0] == "j-1"
    assert service.made == ["j-1"]


def test_ctrl_c_while_asking_ends_the_cluster_that_was_made_all_the_same(
    elastic, account, deployment
):
    service = elastic("interrupted", "well")
    with pytest.raises(KeyboardInterrupt):
        launch(account, deployment, REQUEST, minutes=85)
    assert (service.made, service.ended, service.answers) == (["j-1"], ["j-1"], ["well"])


@pytest.mark.parametrize("trouble", [CloudError("no schedule"), KeyboardInterrupt()])
def test_a_cluster_that_cannot_be_watched_is_ended_at_once(elastic, account, deployment, trouble):
    service = elastic("well", watchdog=trouble)
    with pytest.raises(type(trouble)):
        launch(account, deployment, REQUEST, minutes=85)
    assert service.ended == ["j-1"]


def test_a_cluster_that_cannot_be_ended_is_told_with_the_command_that_does_it(account, monkeypatch):
    class Deaf:
        def terminate_job_flows(self, **_: object) -> None:
            raise refusal("ThrottlingException", "Rate exceeded")

    monkeypatch.setattr(account, "client", lambda _: Deaf())
    with pytest.raises(CloudError, match="cost money: `fruits cloud destroy emr j-1`"):
        terminate(account, "j-1")
