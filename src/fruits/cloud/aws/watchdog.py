"""The watchdog: a schedule, kept by AWS, that ends machines at a fixed hour whatever we are doing.

EMR has no longest lifetime: its idle time does not see a step or a notebook that hangs.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fruits.cloud.aws.account import Account, code_of, in_plain_words
from fruits.cloud.aws.deployment import Deployment
from fruits.errors import CloudError


@dataclass(frozen=True)
class Call:
    """A call of AWS' that EventBridge Scheduler makes for us, and what it is given the names as."""

    arn: str
    argument: str


END_CLUSTER: Final = Call("arn:{}:scheduler:::aws-sdk:emr:terminateJobFlows", "JobFlowIds")
END_SERVER: Final = Call("arn:{}:scheduler:::aws-sdk:ec2:terminateInstances", "InstanceIds")
CLOSE: Final = Call("arn:{}:scheduler:::aws-sdk:ec2:deleteVpcEndpoints", "VpcEndpointIds")
"""The role with which they are made may do nothing else."""

DOOR: Final = "door"
"""The one schedule for the way in, which all demonstrations share: at the last one's hour."""

_FORMAT: Final = "at(%Y-%m-%dT%H:%M:%S)"


def schedule_request(
    name: str, call: Call, ids: list[str], deployment: Deployment, *, at: datetime
) -> dict[str, Any]:
    """Return the arguments of `CreateSchedule`: one call, once, after which the schedule goes."""
    role = deployment["WatchdogRoleArn"]
    partition = next(iter(role.split(":")[1:2]), "aws")
    return {
        "Name": name,
        "GroupName": deployment["ScheduleGroup"],
        "ScheduleExpression": at.astimezone(UTC).strftime(_FORMAT),
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {
            "Arn": call.arn.format(partition),
            "RoleArn": role,
            "Input": json.dumps({call.argument: ids}),
        },
    }


def end_schedule(
    call: Call, deployment: Deployment, machine: str, *, minutes: float
) -> tuple[dict[str, Any], datetime]:
    """Return the schedule that ends a cluster or a server so many minutes from now, and when."""
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    return schedule_request(machine, call, [machine], deployment, at=at), at


def watch(
    account: Account, call: Call, deployment: Deployment, machine: str, *, minutes: float
) -> datetime:
    """Have a cluster or a server ended after so many minutes, and return when."""
    request, at = end_schedule(call, deployment, machine, minutes=minutes)
    with in_plain_words(f"setting the watchdog of {machine}"):
        account.client("scheduler").create_schedule(**request)
    return at


def watch_door(account: Account, deployment: Deployment, ids: list[str], *, at: datetime) -> None:
    """Have the way in closed at that hour, or later if a demonstration lasts longer."""
    there = hour_of(account, deployment, DOOR)
    latest = max(at, there) if there else at
    request = schedule_request(DOOR, CLOSE, ids, deployment, at=latest)
    with in_plain_words("setting the watchdog of the way in"):
        client = account.client("scheduler")
        (client.update_schedule if there else client.create_schedule)(**request)


def hour_of(account: Account, deployment: Deployment, name: str) -> datetime | None:
    """Return when a schedule will call, None where there is none."""
    from botocore.exceptions import ClientError

    with in_plain_words(f"reading the schedule {name}"):
        try:
            told = account.client("scheduler").get_schedule(
                Name=name, GroupName=deployment["ScheduleGroup"]
            )
        except ClientError as exc:
            if code_of(exc) == "ResourceNotFoundException":
                return None
            raise
    return datetime.strptime(told["ScheduleExpression"], _FORMAT).replace(tzinfo=UTC)


def dismiss(account: Account, deployment: Deployment, name: str) -> None:
    """Take away the schedule of what has gone; one that is left only calls once, for nothing."""
    with suppress(CloudError), in_plain_words(f"taking the schedule {name} away"):
        account.client("scheduler").delete_schedule(
            Name=name, GroupName=deployment["ScheduleGroup"]
        )
