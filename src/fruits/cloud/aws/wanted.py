"""What `deploy` is asked for → the stacks to lay down, each from a template of `deploy/`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fruits.cloud.aws.account import Account
from fruits.cloud.aws.deployment import DURABLE, SERVER, SWITCHES, stack_name
from fruits.cloud.aws.lay import Change, lay, stack_request
from fruits.cloud.aws.stack import Note, Stack, find_stack
from fruits.cloud.aws.template import Template
from fruits.cloud.tariffs import CAPACITY_GB, CAPACITY_VCPUS
from fruits.errors import ConfigError

DATA: Final = "data.yaml"
BUDGET: Final = "budget.yaml"

BUDGET_REGIONS: Final = ("eu-central-1", "eu-west-1", "eu-west-3")
"""Where CloudFormation has AWS::Budgets::Budget; a budget itself is of the account."""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,35}")

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
"""As deploy/budget.yaml has it."""

There = Mapping[str, Mapping[str, str]]
"""The parameters of the stacks that are there, by the stack's name."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a deployment is to be; None leaves a setting as it is, or at its default.

    `budget` is in US dollars a month, the currency that accounts are billed in; the first time it
    needs an `email`, since otherwise nobody would hear of it.
    """

    name: str = "fruits"
    targets: tuple[str, ...] = ()
    raw_days: int | None = None
    read_bucket: str | None = None
    release: str | None = None
    architecture: str | None = None
    budget: float | None = None
    email: str | None = None

    def __post_init__(self) -> None:
        """Refuse a name that a bucket could not have, and an address that is none."""
        if self.email is not None and not _EMAIL.fullmatch(self.email):
            raise ConfigError(
                f"email = {self.email!r} is no address: give one like you@example.org"
            )
        if not _NAME.fullmatch(self.name):
            raise ConfigError(
                f"name = {self.name!r}: it becomes part of a bucket's name: give lower-case "
                "letters, digits and hyphens, a letter first, 36 at the most"
            )

    def requests(self, region: str, bucket: str, there: There) -> list[tuple[str, dict[str, Any]]]:
        """Return the stacks to lay, in their order, each with its region."""
        found = [(region, self._stack(data_name(self.name), DATA, self._data(), there))]
        if set(self.targets) & set(SWITCHES) or self.name in there:
            found.append((region, self._stack(self.name, DURABLE, self._durable(bucket), there)))
        server = stack_name(self.name, "ec2")
        if "ec2" in self.targets or server in there:
            found.append((region, self._stack(server, SERVER, self._server(bucket), there)))
        if self.email or budget_name(self.name) in there:
            place = region if region in BUDGET_REGIONS else BUDGET_REGIONS[0]
            found.append((place, self._stack(budget_name(self.name), BUDGET, self._money(), there)))
        return found

    def _money(self) -> dict[str, str]:
        amount = None if self.budget is None else f"{self.budget:g}"
        return _given({"Deployment": self.name, "Amount": amount, "Email": self.email})

    def _data(self) -> dict[str, str]:
        return _given({"Deployment": self.name, "RawDays": self.raw_days})

    def _durable(self, bucket: str) -> dict[str, str]:
        asked = {
            "Bucket": bucket,
            "ReadBucket": self.read_bucket,
            "ReleaseLabel": self.release,
            "Architecture": self.architecture,
            "MaximumVcpus": CAPACITY_VCPUS,
            "MaximumMemoryGb": CAPACITY_GB,
        }
        on = set(self.targets) & set(SWITCHES)
        return _given(asked) | {SWITCHES[target]: "yes" for target in on}

    def _server(self, bucket: str) -> dict[str, str]:
        asked = {"Deployment": self.name, "Bucket": bucket, "ReadBucket": self.read_bucket}
        return _given(asked)

    def _stack(
        self, stack: str, template: str, asked: Mapping[str, str], there: There
    ) -> dict[str, Any]:
        """Return the request: what is asked for, else what is there, else the default."""
        found = Template.named(template)
        parameters = found.parameters({**there.get(stack, {}), **asked})
        return stack_request(stack, found.body, parameters, deployment=self.name)


def _given(asked: Mapping[str, object]) -> dict[str, str]:
    return {key: str(value) for key, value in asked.items() if value is not None}


def data_name(name: str) -> str:
    """Name the stack of the bucket, which lives as long as the photos."""
    return f"{name}-data"


def budget_name(name: str) -> str:
    """Name the budget's stack."""
    return f"{name}-budget"


def stacks_there(account: Account, name: str) -> dict[str, Stack]:
    """Return the stacks of a deployment that are there, by their names; some may not be ours."""
    places = {stack_name(name, target): account for target in ("emr", "ec2")}
    places |= {data_name(name): account, budget_name(name): budget_account(account)}
    found = {stack: find_stack(place, stack) for stack, place in places.items()}
    return {name: stack for name, stack in found.items() if stack is not None}


def budget_account(account: Account) -> Account:
    """Return the account in the region where the budget's stack lies."""
    here = account.region in BUDGET_REGIONS
    return account if here else Account(BUDGET_REGIONS[0])


def deploy(account: Account, wanted: Wanted, *, note: Note) -> dict[str, Change]:
    """Lay the stacks down, or bring them up to date; return what became of each."""
    there = stacks_there(account, wanted.name)
    if wanted.email is None and budget_name(wanted.name) not in there:
        raise ConfigError(
            "nobody would hear when money is spent: give --email, for the alarms at 50, 80 and "
            "100 % of the month's budget"
        )
    parameters = {name: stack.parameters for name, stack in there.items()}
    bucket = bucket_name(account, wanted.name)
    changes: dict[str, Change] = {}
    for region, request in wanted.requests(account.region, bucket, parameters):
        place = account if region == account.region else Account(region)
        keep = request["StackName"] == data_name(wanted.name)
        stack, change = lay(place, request, deployment=wanted.name, keep=keep, note=note)
        changes[stack.name] = change
    return changes


def bucket_name(account: Account, name: str) -> str:
    """Name the bucket as `deploy/data.yaml` does."""
    return f"{name}-{account.number()}-{account.region}"
