"""Endpoints for Session Manager, which a private network lacks, and which cost by the hour."""

from typing import Any, Final

from fruits.cloud.aws.account import Account, in_plain_words
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.stack import TAG
from fruits.errors import CloudError

SERVICES: Final = ("ssm", "ssmmessages", "ec2messages")
"""What Session Manager's agent talks to. A recent agent does without the last one; the one of a
given release of EMR is not known here."""


def endpoint_requests(deployment: Deployment) -> list[dict[str, Any]]:
    """Return the arguments of `CreateVpcEndpoint`, one for each service."""
    tags = [{"Key": TAG, "Value": deployment.name}]
    return [
        {
            "VpcEndpointType": "Interface",
            "ServiceName": f"com.amazonaws.{deployment.region}.{service}",
            "VpcId": deployment["VpcId"],
            "SubnetIds": [deployment["SubnetId"]],
            "SecurityGroupIds": [deployment["EndpointSecurityGroup"]],
            "PrivateDnsEnabled": True,
            "TagSpecifications": [{"ResourceType": "vpc-endpoint", "Tags": tags}],
        }
        for service in SERVICES
    ]


def make_endpoints(account: Account, deployment: Deployment) -> list[str]:
    """Make the endpoints that are not there yet, and return the ids of all of them."""
    there = endpoints_there(account, deployment)
    with in_plain_words("opening the way for Session Manager"):
        for request in endpoint_requests(deployment):
            if request["ServiceName"] not in there:
                made = account.client("ec2").create_vpc_endpoint(**request)["VpcEndpoint"]
                there[request["ServiceName"]] = str(made["VpcEndpointId"])
    return sorted(there.values())


def endpoints_there(
    account: Account, deployment: Deployment, *, going: bool = False
) -> dict[str, str]:
    """Return our interface endpoints that are there, service → id; with `going`, those too."""
    filters = [{"Name": f"tag:{TAG}", "Values": [deployment.name]}]
    found = account.pages("ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=filters)
    return {
        each["ServiceName"]: each["VpcEndpointId"]
        for each in found
        if each["VpcEndpointType"] == "Interface"
        and each["State"].lower() not in _GONE
        and (going or each["State"].lower() != "deleting")
    }


_GONE: Final = {"deleted", "rejected", "failed", "expired"}


def delete_endpoints(account: Account, ids: list[str]) -> None:
    """Delete endpoints; CloudError where EC2 keeps one, which it tells in a good answer."""
    if not ids:
        return
    with in_plain_words("closing the way for Session Manager"):
        told = account.client("ec2").delete_vpc_endpoints(VpcEndpointIds=ids)
    for kept in told.get("Unsuccessful", ()):
        error = kept.get("Error", {})
        raise CloudError(
            f"the endpoint {kept.get('ResourceId')} goes on and costs money: "
            f"{error.get('Message')} ({error.get('Code')}); `fruits cloud destroy emr` tries again"
        )
