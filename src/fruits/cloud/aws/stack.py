"""A CloudFormation stack: found, waited for, removed, and asked why it failed."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fruits.cloud.aws.account import Account, in_plain_words
from fruits.errors import CloudError

POLL_SECONDS: Final = 5.0
TAG: Final = "fruits"
"""The tag of everything that is ours; its value is the name of the deployment."""

Note = Callable[[str], None]


@dataclass(frozen=True)
class Stack:
    """A stack as CloudFormation tells it."""

    name: str
    arn: str
    status: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    protected: bool = False

    @property
    def settled(self) -> bool:
        """Whether nothing is being done to it."""
        return not self.status.endswith("_IN_PROGRESS")

    @property
    def well(self) -> bool:
        """Whether it is as it was last asked for."""
        return self.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}

    def check_ours(self, deployment: str) -> None:
        """Raise CloudError where it does not carry our tag."""
        if self.tags.get(TAG) != deployment:
            raise CloudError(
                f"the stack {self.name} has no tag {TAG}={deployment}: it is not ours, and is left "
                "alone; give another --name"
            )


def find_stack(account: Account, name: str) -> Stack | None:
    """Return the stack of that name or ARN, None if there is none; deleted ones count by ARN."""
    from botocore.exceptions import ClientError

    with in_plain_words(f"reading stack {name}"):
        try:
            found = account.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except ClientError as exc:
            if "does not exist" in str(exc):
                return None
            raise
    return _stack(found[0]) if found else None


def _stack(told: Mapping[str, Any]) -> Stack:
    return Stack(
        name=told["StackName"],
        arn=told["StackId"],
        status=told["StackStatus"],
        parameters={p["ParameterKey"]: p["ParameterValue"] for p in told.get("Parameters", ())},
        outputs={o["OutputKey"]: o["OutputValue"] for o in told.get("Outputs", ())},
        tags={t["Key"]: t["Value"] for t in told.get("Tags", ())},
        protected=bool(told.get("EnableTerminationProtection")),
    )


def settle(account: Account, stack: str, *, note: Note) -> Stack | None:
    """Wait until nothing is being done to a stack, and return it, None where there is none."""
    told = ""
    while (found := find_stack(account, stack)) is not None and not found.settled:
        if found.status != told:
            note(f"stack {found.name}: {found.status.replace('_', ' ').lower()}")
            told = found.status
        time.sleep(POLL_SECONDS)
    return found


def remove(account: Account, stack: Stack, *, note: Note) -> None:
    """Delete a stack and wait until it is gone; what its template retains stays.

    Its protection from deletion, where it has one, is lifted first. Raises CloudError with
    CloudFormation's reasons where something would not go.
    """
    client = account.client("cloudformation")
    with in_plain_words(f"deleting stack {stack.name}"):
        if stack.protected:
            client.update_termination_protection(
                StackName=stack.name, EnableTerminationProtection=False
            )
        client.delete_stack(StackName=stack.arn)
    left = settle(account, stack.arn, note=note)
    if left is not None and left.status != "DELETE_COMPLETE":
        raise CloudError(why_not_well(account, left, seen=()))


def events_of(account: Account, stack: str) -> list[Any]:
    """Return what has happened to a stack, the newest first."""
    found = account.pages("cloudformation", "describe_stack_events", "StackEvents", StackName=stack)
    return list(found)


def why_not_well(account: Account, stack: Stack, *, seen: Collection[str]) -> str:
    """Say how a stack ended, and why resources failed, but for the events seen before.

    Those that were only cancelled with the others say nothing.
    """
    failed = [
        f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in reversed(events_of(account, stack.arn))
        if event["EventId"] not in seen
        and event["ResourceStatus"].endswith("_FAILED")
        and "cancelled" not in event.get("ResourceStatusReason", "cancelled")
    ]
    reasons = "; ".join(failed) or "CloudFormation gives no reason"
    return f"the stack {stack.name} ended as {stack.status}: {reasons}"
