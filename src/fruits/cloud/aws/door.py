"""The way in to a cluster: Session Manager, through endpoints that go with it; no key, no port."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fruits.cloud.aws.account import Account, in_plain_words
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.stack import TAG
from fruits.errors import CloudError

SERVICES: Final = ("ssm", "ssmmessages", "ec2messages")
"""What Session Manager's agent talks to. A recent agent does without the last one; the one of a
given release of EMR is not known here."""

PLUGIN: Final = "session-manager-plugin"
DOCUMENT: Final = "AWS-StartPortForwardingSession"


@dataclass(frozen=True)
class Page:
    """A page that the primary node serves, and the port that it has there and here."""

    title: str
    port: int
    scheme: str = "https"

    @property
    def address(self) -> str:
        """Where it is on this machine, once the port is forwarded."""
        return f"{self.scheme}://localhost:{self.port}"


PAGES: Final = {
    "jupyterhub": Page("JupyterHub", 9443),
    "spark": Page("Spark's history", 18080, "http"),
    "yarn": Page("YARN's applications", 8088, "http"),
}


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


def open_door(account: Account, deployment: Deployment) -> list[str]:
    """Make the endpoints that are not there yet, and return the ids of all of them."""
    there = doors(account, deployment)
    with in_plain_words("opening the way for Session Manager"):
        for request in endpoint_requests(deployment):
            if request["ServiceName"] not in there:
                made = account.client("ec2").create_vpc_endpoint(**request)["VpcEndpoint"]
                there[request["ServiceName"]] = str(made["VpcEndpointId"])
    return sorted(there.values())


def doors(account: Account, deployment: Deployment) -> dict[str, str]:
    """Return our interface endpoints that are there, service → id."""
    filters = [{"Name": f"tag:{TAG}", "Values": [deployment.name]}]
    found = account.pages("ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=filters)
    return {
        each["ServiceName"]: each["VpcEndpointId"]
        for each in found
        if each["VpcEndpointType"] == "Interface" and each["State"].lower() not in _GONE
    }


_GONE: Final = {"deleting", "deleted", "rejected", "failed", "expired"}


def close_door(account: Account, ids: list[str]) -> None:
    """Delete endpoints."""
    if ids:
        with in_plain_words("closing the way for Session Manager"):
            account.client("ec2").delete_vpc_endpoints(VpcEndpointIds=ids)


def find_plugin() -> str:
    """Return AWS' program for sessions; CloudError with where to get it."""
    found = shutil.which(PLUGIN)
    if found is None:
        raise CloudError(
            f"{PLUGIN} is not on the PATH: AWS' program through which sessions run, see "
            "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
            "session-manager-working-with-install-plugin.html"
        )
    return found


def forward(account: Account, instance: str, page: Page) -> int:
    """Bring a page of an instance to the same port of this machine, until Ctrl-C.

    The plugin is called as AWS' own CLI calls it. Returns its exit code.
    """
    plugin = find_plugin()
    wish = {
        "Target": instance,
        "DocumentName": DOCUMENT,
        "Parameters": {"portNumber": [str(page.port)], "localPortNumber": [str(page.port)]},
    }
    with in_plain_words(f"opening a session on {instance}"):
        client = account.client("ssm")
        session = client.start_session(**wish)
    try:
        command = plugin_command(plugin, session, wish, account.region, client.meta.endpoint_url)
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0
    finally:
        with in_plain_words("closing the session"):
            client.terminate_session(SessionId=session["SessionId"])


def plugin_command(
    plugin: str, session: Mapping[str, Any], wish: Mapping[str, Any], region: str, url: str
) -> list[str]:
    """Return the plugin's command line: the session, the region, the verb, a profile, the wish."""
    told = {key: session[key] for key in ("SessionId", "TokenValue", "StreamUrl")}
    return [plugin, json.dumps(told), region, "StartSession", "", json.dumps(wish), url]
