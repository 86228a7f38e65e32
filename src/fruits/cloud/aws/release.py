"""What must let go before a stack can go: runs, endpoints, an application, rules of EMR's."""

import time
from collections.abc import Callable
from typing import Any, Final

from fruits.cloud.aws.account import Account, in_plain_words
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.endpoints import endpoints_there
from fruits.cloud.aws.stack import Note
from fruits.errors import CloudError

POLL_SECONDS: Final = 10.0
PATIENCE_SECONDS: Final = 900.0

GROUPS: Final = (
    "PrimarySecurityGroup",
    "WorkerSecurityGroup",
    "ServiceAccessSecurityGroup",
    "EndpointSecurityGroup",
)


def wait_for_runs(going: Callable[[], list[str]], note: Note) -> None:
    """Wait until nothing of ours goes on; CloudError after a quarter of an hour."""
    until = time.monotonic() + PATIENCE_SECONDS
    while left := going():
        if time.monotonic() > until:
            raise CloudError(f"still there: {', '.join(left)}; repeat the command in a while")
        note(f"waiting for {', '.join(left)}")
        time.sleep(POLL_SECONDS)


def wait_for_endpoints(account: Account, there: Deployment, note: Note) -> None:
    """Wait until our interface endpoints have left the network."""
    wait_for_runs(lambda: sorted(endpoints_there(account, there, going=True).values()), note)


def stop_application(account: Account, application: str) -> None:
    """Stop an application of EMR Serverless, without which it cannot be deleted, and wait."""
    client = account.client("emr-serverless")
    until = time.monotonic() + PATIENCE_SECONDS
    with in_plain_words(f"stopping application {application}"):
        while True:
            state = client.get_application(applicationId=application)["application"]["state"]
            if state in {"CREATED", "STOPPED", "TERMINATED"}:
                return
            if time.monotonic() > until:
                raise CloudError(f"application {application} is still {state}: repeat the command")
            if state == "STARTED":
                client.stop_application(applicationId=application)
            time.sleep(POLL_SECONDS / 5)


def release_groups(account: Account, there: Deployment) -> None:
    """Take away the rules that EMR has added to our security groups, and leaves there.

    A group that another one names cannot be deleted. The template's own rules have a description,
    and go with the stack: were they taken away here, CloudFormation would not see it, nor mend it.
    """
    groups = [there.outputs[name] for name in GROUPS if name in there.outputs]
    filters = [{"Name": "group-id", "Values": groups}]
    found = account.pages(
        "ec2", "describe_security_group_rules", "SecurityGroupRules", Filters=filters
    )
    for rule in list(found):
        if "ReferencedGroupInfo" in rule and not rule.get("Description"):
            _revoke(account.client("ec2"), rule)


def _revoke(client: Any, rule: Any) -> None:  # noqa: ANN401
    wish = {"GroupId": rule["GroupId"], "SecurityGroupRuleIds": [rule["SecurityGroupRuleId"]]}
    with in_plain_words(f"taking a rule from {rule['GroupId']}"):
        if rule["IsEgress"]:
            client.revoke_security_group_egress(**wish)
        else:
            client.revoke_security_group_ingress(**wish)
