"""A command → the request for a single server that runs it and ends; nothing is asked here."""

import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any, Final

from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.stack import TAG
from fruits.cloud.command import Command, launch_arguments
from fruits.cloud.deploy_files import deploy_file
from fruits.cloud.tariffs import SERVER_GB

SCRIPT: Final = "server.sh"
PLACE: Final = "/opt/fruits/server.sh"
MASTER: Final = "local[*]"
SUBMISSION: Final = "fruits-submission"
"""The tag that has a server's log found."""

IMAGE: Final = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{}"
"""The newest Amazon Linux 2023, by the parameter in which AWS publishes it."""

ARCHITECTURES: Final = {"x86_64": "x86_64", "aarch64": "arm64"}
USER_DATA_BYTES: Final = 16_384
"""The most that EC2 takes, before it is encoded."""


@dataclass(frozen=True)
class Machine:
    """A type of instance, its architecture as pip names it, and whether it may be taken away."""

    instance: str
    arch: str
    spot: bool = False


def server_request(
    command: Command, deployment: Deployment, machine: Machine, *, minutes: float
) -> dict[str, Any]:
    """Return the arguments of `RunInstances`: no key, no public address, and an end of its own.

    The token is made of the submission: asked twice, EC2 makes one server.
    """
    name = f"fruits {command.request.steps} {command.submission}"
    tags = {TAG: deployment.name, "Name": name, SUBMISSION: command.submission}
    request = {
        "ImageId": IMAGE.format(ARCHITECTURES[machine.arch]),
        "InstanceType": machine.instance,
        "MinCount": 1,
        "MaxCount": 1,
        "ClientToken": hashlib.sha256(name.encode()).hexdigest(),
        "IamInstanceProfile": {"Name": deployment["ServerProfile"]},
        "SubnetId": deployment["SubnetId"],
        "SecurityGroupIds": [deployment["ServerSecurityGroup"]],
        "InstanceInitiatedShutdownBehavior": "terminate",
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": _disk()}],
        "TagSpecifications": [_tagged("instance", tags), _tagged("volume", tags)],
        "UserData": user_data(command, deployment, minutes=minutes),
    }
    return request | ({"InstanceMarketOptions": _spot()} if machine.spot else {})


def _disk() -> dict[str, Any]:
    return {
        "VolumeSize": SERVER_GB,
        "VolumeType": "gp3",
        "Encrypted": True,
        "DeleteOnTermination": True,
    }


def _spot() -> dict[str, Any]:
    options = {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"}
    return {"MarketType": "spot", "SpotOptions": options}


def _tagged(kind: str, tags: dict[str, str]) -> dict[str, Any]:
    return {
        "ResourceType": kind,
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


def user_data(command: Command, deployment: Deployment, *, minutes: float) -> str:
    """Return cloud-init's configuration: the script, and the one call of it. (JSON is YAML.)

    The region is named, since the only S3 that the network reaches is that of its own region.
    """
    region = deployment.region
    run = [*command.request.arguments(), "--runner", "spark", "--master", MASTER]
    call = [
        *("env", f"AWS_REGION={region}", f"AWS_DEFAULT_REGION={region}", PLACE),
        *(command.package, log_uri(deployment, command.submission), str(math.ceil(minutes))),
        *launch_arguments(command.submission, run),
    ]
    script = deploy_file(SCRIPT).read_text(encoding="utf-8")
    told = {
        "write_files": [{"path": PLACE, "permissions": "0755", "content": script}],
        "runcmd": [call],
    }
    return f"#cloud-config\n{json.dumps(told, ensure_ascii=False)}\n"


def log_uri(deployment: Deployment, submission: str) -> str:
    """Return the folder of a server's log."""
    return f"s3://{deployment.bucket}/logs/servers/{submission}"
