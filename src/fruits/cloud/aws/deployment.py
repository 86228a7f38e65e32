"""What is deployed, under one name in one region: the outputs by which runs find their way."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from fruits.cloud.aws.account import Account
from fruits.cloud.aws.stack import find_stack
from fruits.cloud.aws.template import Template
from fruits.errors import CloudError

DURABLE: Final = "durable.yaml"
SERVER: Final = "server.yaml"

SWITCHES: Final = {"emr": "Emr", "emr-serverless": "EmrServerless"}
"""The parameter that has the stack hold what a target needs."""

PLACEHOLDERS: Final = ("BUCKET", "${Bucket}")
"""What the documents, and dry commands, write in the place of a bucket; no bucket has capitals."""


@dataclass(frozen=True)
class Deployment:
    """The outputs of a stack that is there, under the name and in the region of the deployment."""

    name: str
    region: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, output: str) -> str:
        """Return an output; CloudError where this deployment has no such part."""
        if output not in self.outputs:
            raise CloudError(
                f"the deployment {self.name} in {self.region} has no {output}: deploy the target "
                "first, `fruits cloud deploy TARGET`"
            )
        return self.outputs[output]

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self["Bucket"]

    @property
    def root(self) -> str:
        """The bucket's URI, as messages have it."""
        return f"s3://{self.bucket}"

    def owns(self, bucket: str) -> bool:
        """Tell whether a bucket of that name is the deployment's."""
        return bucket == self.bucket

    def holds(self, target: str) -> bool:
        """Tell whether it has what a target needs."""
        return self.parameters.get(SWITCHES[target]) == "yes"


def stack_name(name: str, target: str) -> str:
    """Name the stack in which a target's part of a deployment is."""
    return f"{name}-server" if target == "ec2" else name


def find_deployment(account: Account, name: str, target: str) -> Deployment:
    """Return what is deployed for a target under that name; CloudError where nothing of ours is."""
    stack = find_stack(account, stack_name(name, target))
    if stack is None:
        raise CloudError(
            f"nothing is deployed as {name} in {account.region}: `fruits cloud deploy {target} "
            f"--region {account.region} --email YOU@…` lays it down, once"
        )
    stack.check_ours(name)
    if not stack.settled:
        raise CloudError(
            f"the stack {stack.name} is being changed ({stack.status}): wait until it ends"
        )
    return Deployment(name, account.region, stack.outputs, stack.parameters)


def imagined(name: str, region: str, target: str) -> Deployment:
    """Return a deployment that is not there, whose outputs stand for themselves: ${Bucket}, …"""
    template = Template.named(SERVER if target == "ec2" else DURABLE)
    outputs = {output: f"${{{output}}}" for output in template.content["Outputs"]}
    return Imagined(name, region, outputs, template.parameters({}))


class Imagined(Deployment):
    """A deployment to look at: its bucket's name is known but for the number of the account."""

    @property
    def root(self) -> str:
        """The bucket's URI, with a word in the place of the account's number."""
        return f"s3://{self.name}-ACCOUNT-{self.region}"

    def owns(self, bucket: str) -> bool:
        """Tell whether the deployment's bucket could have that name, or a word stands for it."""
        number = r"(\d{12}|ACCOUNT|\$\{AccountId\})"
        named = rf"{re.escape(self.name)}-{number}-{re.escape(self.region)}"
        return bucket in PLACEHOLDERS or re.fullmatch(named, bucket) is not None
