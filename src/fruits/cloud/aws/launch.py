"""Makes a cluster exactly once, its watchdog beside it; what cannot be watched is ended at once."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fruits.cloud.aws.account import Account, in_plain_words
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.watchdog import watch_cluster
from fruits.errors import CloudError

TRIES: Final = 4
PAUSE_SECONDS: Final = 5.0
LIVE: Final = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING")


def launch(
    account: Account, deployment: Deployment, request: Mapping[str, Any], *, minutes: float
) -> tuple[str, datetime]:
    """Make the cluster, and have it ended after so many minutes; return its id and that hour.

    `RunJobFlow` knows no token, so an answer that got lost is looked for by the cluster's name
    before it is asked for again. Raises CloudError; no cluster is left behind then.
    """
    cluster = _run_job_flow(account, request)
    try:
        return cluster, watch_cluster(account, deployment, cluster, minutes=minutes)
    except BaseException:
        terminate(account, cluster)
        raise


def terminate(account: Account, cluster: str) -> None:
    """End a cluster; CloudError, with the command to do it by hand, where AWS does not answer."""
    try:
        with in_plain_words(f"ending {cluster}"):
            account.client("emr").terminate_job_flows(JobFlowIds=[cluster])
    except CloudError as exc:
        raise CloudError(
            f"{exc}. It may go on and cost money: `fruits cloud destroy emr {cluster}`"
        ) from exc


def _run_job_flow(account: Account, request: Mapping[str, Any]) -> str:
    """Ask once at a time, since botocore's own second try could make a second cluster."""
    from botocore.exceptions import ConnectionError as NoAnswer
    from botocore.exceptions import HTTPClientError

    client = account.client("emr", attempts=1)
    for left in range(TRIES - 1, -1, -1):
        with in_plain_words("making the cluster"):
            try:
                return str(client.run_job_flow(**request)["JobFlowId"])
            except (NoAnswer, HTTPClientError):
                if left == 0:
                    raise
            except Exception as exc:
                if left == 0 or not _throttled(exc):
                    raise
        time.sleep(PAUSE_SECONDS)
        if made := find_cluster(account, request["Name"]):
            return made
    raise AssertionError("the last try returns or raises")


def _throttled(error: Exception) -> bool:
    response = getattr(error, "response", {})
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return "Throttl" in str(response.get("Error", {}).get("Code", "")) or status >= 500


def find_cluster(account: Account, name: str) -> str | None:
    """Return the cluster of today that has this name, which holds a submission's, so is unique."""
    since = datetime.now(UTC) - timedelta(days=1)
    for found in account.pages("emr", "list_clusters", "Clusters", CreatedAfter=since):
        if found["Name"] == name:
            return str(found["Id"])
    return None
