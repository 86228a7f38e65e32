"""A cluster with JupyterHub for a demonstration: one command brings it up, a fixed hour ends it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from fruits.cloud.aws.account import Account
from fruits.cloud.aws.cluster import RELEASE
from fruits.cloud.aws.clusters import LIVE, describe, our_clusters
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.door import close_behind, is_for_notebooks, open_for
from fruits.cloud.aws.endpoints import endpoint_requests
from fruits.cloud.aws.launch import launch, terminate
from fruits.cloud.aws.nodes import Nodes
from fruits.cloud.aws.notebook_cluster import notebook_cluster
from fruits.cloud.aws.stack import Note
from fruits.cloud.aws.watchdog import END_CLUSTER, end_schedule
from fruits.cloud.command import new_submission
from fruits.cloud.size import Size
from fruits.errors import CloudError

POLL_SECONDS: Final = 15.0
READY: Final = {"RUNNING", "WAITING"}


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """What a demonstration wants: machines, and the minutes after which all of it is ended."""

    account: Account
    deployment: Deployment
    nodes: Nodes
    size: Size
    wheels: str
    minutes: float = 120.0
    release: str = RELEASE
    submission: str = field(default_factory=new_submission)

    def plan(self) -> Mapping[str, Any]:
        """Return the requests that `start` would make; the door has a watchdog of its own."""
        watchdog, _ = end_schedule(
            END_CLUSTER, self.deployment, "${ClusterId}", minutes=self.minutes
        )
        return {
            "RunJobFlow": self._request(),
            "CreateSchedule": watchdog,
            "CreateVpcEndpoint": endpoint_requests(self.deployment),
        }

    def _request(self) -> dict[str, Any]:
        return notebook_cluster(self)

    def start(self) -> tuple[str, datetime]:
        """Make the cluster and the way in, each with its watchdog; return its id and last hour.

        What cannot be watched does not stay: raises CloudError, and ends what it has made.
        """
        cluster, at = launch(self.account, self.deployment, self._request(), minutes=self.minutes)
        try:
            open_for(self.account, self.deployment, cluster)
        except BaseException:
            terminate(self.account, cluster)
            close_behind(self.account, self.deployment, cluster)
            raise
        return cluster, at


def find_notebook(account: Account, deployment: Deployment) -> Mapping[str, Any] | None:
    """Return the live cluster for notebooks that is ours, None if there is none."""
    live = our_clusters(account, deployment, states=LIVE)
    return next((told for told in live if is_for_notebooks(told)), None)


def wait_until_ready(account: Account, cluster: str, *, note: Note) -> None:
    """Wait until a cluster's applications are there; CloudError where it ends instead."""
    told = ""
    while True:
        status = describe(account, cluster)["Status"]
        if status["State"] != told:
            told = status["State"]
            note(f"{cluster}: {told.lower()}")
        if told in READY:
            return
        if told not in LIVE:
            reason = status.get("StateChangeReason", {}).get("Message", "AWS gives no reason")
            raise CloudError(
                f"{cluster} ended before it was ready: {reason}; `fruits cloud logs emr {cluster}` "
                "shows what its bootstrap said"
            )
        time.sleep(POLL_SECONDS)


def primary_instance(account: Account, cluster: str) -> str:
    """Return the id of the primary node's machine."""
    found = account.pages(
        "emr", "list_instances", "Instances", ClusterId=cluster, InstanceGroupTypes=["MASTER"]
    )
    for instance in found:
        return str(instance["Ec2InstanceId"])
    raise CloudError(f"{cluster} has no primary node yet: wait a minute")
