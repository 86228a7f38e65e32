"""The way in while somebody needs it: opened with a demonstration, closed with the last one."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fruits.cloud.aws.account import Account
from fruits.cloud.aws.clusters import LIVE, our_clusters
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.endpoints import delete_endpoints, endpoints_there, make_endpoints
from fruits.cloud.aws.notebook_cluster import USE
from fruits.cloud.aws.watchdog import DOOR, dismiss, hour_of, watch_door

UNKNOWN: Final = timedelta(hours=1)
"""For a cluster whose own watchdog has gone."""


def is_for_notebooks(told: Mapping[str, Any]) -> bool:
    """Tell whether a cluster was made for notebooks."""
    return USE in told.get("Tags", [])


def open_for(account: Account, deployment: Deployment, cluster: str) -> None:
    """See that the way in is open, and closed at the hour at which the cluster ends."""
    at = hour_of(account, deployment, cluster) or datetime.now(UTC) + UNKNOWN
    watch_door(account, deployment, make_endpoints(account, deployment), at=at)


def close_behind(account: Account, deployment: Deployment, cluster: str) -> None:
    """Close the way in, unless another demonstration than this one still needs it.

    Its watchdog goes last: where closing fails, it tries again at its hour.
    """
    others = [
        told
        for told in our_clusters(account, deployment, states=LIVE)
        if is_for_notebooks(told) and told["Id"] != cluster
    ]
    if not others:
        delete_endpoints(account, sorted(endpoints_there(account, deployment).values()))
        dismiss(account, deployment, DOOR)
