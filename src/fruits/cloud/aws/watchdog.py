"""The watchdog: a schedule, kept by AWS, that ends a cluster at a fixed hour whatever we are doing.

EMR has no longest lifetime: its idle time does not see a step or a notebook that hangs.
"""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fruits.cloud.aws.account import Account, code_of, in_plain_words
from fruits.cloud.aws.deployment import Deployment

TERMINATE: Final = "arn:{}:scheduler:::aws-sdk:emr:terminateJobFlows"
CLOSE: Final = "arn:{}:scheduler:::aws-sdk:ec2:deleteVpcEndpoints"
"""EventBridge Scheduler calls these for us, with a role that may do nothing else."""


def schedule_request(
    name: str, call: str, given: dict[str, Any], deployment: Deployment, *, at: datetime
) -> dict[str, Any]:
    """Return the arguments of `CreateSchedule`: one call, once, after which the schedule goes."""
    role = deployment["WatchdogRoleArn"]
    partition = next(iter(role.split(":")[1:2]), "aws")
    return {
        "Name": name,
        "GroupName": deployment["ScheduleGroup"],
        "ScheduleExpression": f"at({at.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {"Arn": call.format(partition), "RoleArn": role, "Input": json.dumps(given)},
    }


def watch_cluster(
    account: Account, deployment: Deployment, cluster: str, *, minutes: float
) -> datetime:
    """Have the cluster ended after so many minutes, and return when."""
    request, at = cluster_schedule(deployment, cluster, minutes=minutes)
    _create(account, request, f"setting the watchdog of {cluster}")
    return at


def cluster_schedule(
    deployment: Deployment, cluster: str, *, minutes: float
) -> tuple[dict[str, Any], datetime]:
    """Return the schedule that ends a cluster after so many minutes from now, and that hour."""
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    given = {"JobFlowIds": [cluster]}
    return schedule_request(cluster, TERMINATE, given, deployment, at=at), at


def watch_endpoints(
    account: Account, deployment: Deployment, cluster: str, ids: list[str], *, at: datetime
) -> None:
    """Have the endpoints of a cluster's door closed with it."""
    given = {"VpcEndpointIds": ids}
    request = schedule_request(f"{cluster}-door", CLOSE, given, deployment, at=at)
    _create(account, request, f"setting the watchdog of {cluster}'s door")


def dismiss(account: Account, deployment: Deployment, cluster: str) -> None:
    """Take a cluster's schedules away; those that are gone have done their work."""
    for name in (cluster, f"{cluster}-door"):
        with suppress(Exception):
            account.client("scheduler").delete_schedule(
                Name=name, GroupName=deployment["ScheduleGroup"]
            )


def _create(account: Account, request: dict[str, Any], doing: str) -> None:
    """Create a schedule, or keep the one that a repeated call has made."""
    from botocore.exceptions import ClientError

    with in_plain_words(doing):
        try:
            account.client("scheduler").create_schedule(**request)
        except ClientError as exc:
            if code_of(exc) != "ConflictException":
                raise
