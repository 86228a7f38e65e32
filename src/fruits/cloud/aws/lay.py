"""Lays a stack down, or brings it up to date: as often as one likes, with the same end."""

from collections.abc import Mapping
from typing import Any, Literal

from fruits.cloud.aws.account import Account, in_plain_words
from fruits.cloud.aws.stack import TAG, Note, Stack, events_of, find_stack, settle, why_not_well
from fruits.errors import CloudError

Change = Literal["created", "updated", "unchanged"]


def lay(
    account: Account,
    request: Mapping[str, Any],
    *,
    deployment: str,
    keep: bool = False,
    note: Note,
) -> tuple[Stack, Change]:
    """Create the stack of a request, or update it, wait, and return it and what became of it.

    One that cannot be created is taken away again; with `keep`, one that has been created cannot be
    deleted by a slip of the hand. Raises CloudError with CloudFormation's reasons, or where a stack
    of that name is not ours.
    """
    there = find_stack(account, request["StackName"])
    if there is None:
        return _ended(
            account, _create(account, request, keep=keep), seen=set(), note=note
        ), "created"
    there.check_ours(deployment)
    settle(account, there.arn, note=note)
    seen = {event["EventId"] for event in events_of(account, there.arn)}
    if not _update(account, request):
        return there, "unchanged"
    return _ended(account, there.arn, seen=seen, note=note), "updated"


def stack_request(
    name: str, template: str, parameters: Mapping[str, str], *, deployment: str
) -> dict[str, Any]:
    """Return what CloudFormation is asked for."""
    return {
        "StackName": name,
        "TemplateBody": template,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        "Capabilities": ["CAPABILITY_IAM"],
        "Tags": [{"Key": TAG, "Value": deployment}],
    }


def _create(account: Account, request: Mapping[str, Any], *, keep: bool) -> str:
    with in_plain_words(f"creating stack {request['StackName']}"):
        made = account.client("cloudformation").create_stack(
            **request, OnFailure="DELETE", EnableTerminationProtection=keep
        )
    return str(made["StackId"])


def _update(account: Account, request: Mapping[str, Any]) -> bool:
    """Ask for an update; tell whether there was anything to do."""
    from botocore.exceptions import ClientError

    with in_plain_words(f"updating stack {request['StackName']}"):
        try:
            account.client("cloudformation").update_stack(**request)
        except ClientError as exc:
            if "No updates are to be performed" in str(exc):
                return False
            raise
    return True


def _ended(account: Account, arn: str, *, seen: set[str], note: Note) -> Stack:
    stack = settle(account, arn, note=note)
    if stack is None:
        raise CloudError(f"the stack {arn} has gone while it was being made: deploy again")
    if not stack.well:
        raise CloudError(why_not_well(account, stack, seen=seen))
    return stack
