"""From the words of a command line to the target that they mean, and the size that suits it."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from fruits.cli.console import err
from fruits.cloud.prices import Prices, read_prices
from fruits.cloud.size import Size
from fruits.cloud.target import Target
from fruits.cloud.yarn import Yarn
from fruits.errors import CloudError

if TYPE_CHECKING:
    from fruits.cloud.aws.account import Account

EXECUTORS: Final = {"yarn": 2, "emr-serverless": 3, "emr": 4, "ec2": 1}
"""Executors at most, where nothing is said: for two machines, 16 vCPUs, four machines, one."""

CORES: Final = 4


def size_for(given: Mapping[str, Any], prices: Prices) -> Size:
    """Return the size asked for; on EMR an executor leaves one vCPU of its node to the rest."""
    target = given["target"]
    cores = CORES
    if target in {"emr", "ec2"}:
        vcpus = int(prices.instance(given["instance"])["vcpus"])
        cores = vcpus if target == "ec2" else max(vcpus - 1, 1)
    executors = EXECUTORS[target]
    return Size(
        executors=executors if given["executors"] is None else given["executors"],
        cores=cores if given["cores"] is None else given["cores"],
        dynamic=not given.get("fixed", False),
    )


def open_account(region: str | None) -> "Account":
    """Return the account in a region of the EU, which the storage is told too.

    Raises ConfigError for another region, before anything is asked of AWS.
    """
    from fruits.cloud.aws.account import Account

    account = Account(region)
    os.environ["AWS_REGION"] = account.region
    return account


def open_target(given: Mapping[str, Any], *, dry_run: bool = False) -> Target:
    """Return the target that is meant; the region is checked before anything is asked of AWS.

    Dry, it is imagined where nothing is deployed, so that one can look before signing up.
    """
    target = given["target"]
    if target == "yarn":
        return Yarn()
    account, prices = open_account(given["region"]), read_prices(given.get("prices"))
    from fruits.cloud.aws.deployment import find_deployment, imagined

    try:
        deployment = find_deployment(account, given["name"], target)
    except CloudError as exc:
        if not dry_run:
            raise
        err.print(f"note     {exc}")
        err.print(
            "note     ${…} stands where the deployment's own names would be, ACCOUNT for the "
            "number of the account"
        )
        deployment = imagined(given["name"], account.region, target)
    if target == "emr-serverless":
        from fruits.cloud.aws.serverless import Serverless

        return Serverless(account, deployment, prices, given.get("timeout", 60.0))
    if target == "ec2":
        from fruits.cloud.aws.ec2 import Ec2

        return Ec2(account, deployment, prices, **_server(given))
    from fruits.cloud.aws.emr import Emr

    return Emr(account, deployment, prices, **_emr(given, prices))


def _server(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a launch says of the server; the other verbs say nothing of it."""
    if "instance" not in given:
        return {}
    return {
        "instance": given["instance"],
        "spot": bool(given["spot"]),
        "minutes": given["timeout"],
    }


def _emr(given: Mapping[str, Any], prices: Prices) -> dict[str, Any]:
    """Return what a launch says of the cluster; the other verbs say nothing of it."""
    if "instance" not in given:
        return {}
    from fruits.cloud.aws.nodes import nodes_for

    nodes = nodes_for(given["instance"], size_for(given, prices), prices, spot=given["spot"])
    release = {"release": given["release"]} if given["release"] else {}
    return {"nodes": nodes, "minutes": given["timeout"], **release}
