"""The clusters that carry our tag, found among those of others, which we may not even look at."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fruits.cloud.aws.account import Account, code_of, in_plain_words
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.stack import TAG

LIVE: Final = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING")
GOING: Final = (*LIVE, "TERMINATING")
GONE: Final = ("TERMINATED", "TERMINATED_WITH_ERRORS")
PREFIX: Final = "fruits "
"""How the names of our clusters begin."""

REMEMBERED: Final = timedelta(days=30)


def our_clusters(
    account: Account, deployment: Deployment, *, states: Sequence[str] = ()
) -> list[Mapping[str, Any]]:
    """Describe our clusters of the last thirty days, in these states only if any are given.

    A list names all clusters of the account; the submitter's role may describe only ours, so one
    that it may not describe is not ours.
    """
    wanted: dict[str, Any] = {"CreatedAfter": datetime.now(UTC) - REMEMBERED}
    wanted |= {"ClusterStates": list(states)} if states else {}
    return [
        told
        for found in account.pages("emr", "list_clusters", "Clusters", **wanted)
        if found["Name"].startswith(PREFIX)
        for told in _described(account, found["Id"])
        if is_ours(told, deployment)
    ]


def _described(account: Account, cluster: str) -> Iterator[Mapping[str, Any]]:
    from botocore.exceptions import ClientError

    with in_plain_words(f"asking for {cluster}"):
        try:
            yield account.client("emr").describe_cluster(ClusterId=cluster)["Cluster"]
        except ClientError as exc:
            if "AccessDenied" not in code_of(exc):
                raise


def describe(account: Account, cluster: str) -> Mapping[str, Any]:
    """Return what EMR says of a cluster; CloudError where it says nothing."""
    with in_plain_words(f"asking for {cluster}"):
        found: Mapping[str, Any] = account.client("emr").describe_cluster(ClusterId=cluster)[
            "Cluster"
        ]
    return found


def is_ours(told: Mapping[str, Any], deployment: Deployment) -> bool:
    """Tell whether a cluster carries the deployment's tag."""
    return {"Key": TAG, "Value": deployment.name} in told.get("Tags", [])


def find_by_name(account: Account, name: str) -> str | None:
    """Return the cluster of today that has this name, which holds a submission's, so is unique."""
    since = datetime.now(UTC) - timedelta(days=1)
    for found in account.pages("emr", "list_clusters", "Clusters", CreatedAfter=since):
        if found["Name"] == name:
            return str(found["Id"])
    return None
