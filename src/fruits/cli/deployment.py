"""`fruits cloud deploy`: shows what would be made, or makes it and tells where it is."""

from collections.abc import Mapping
from typing import Any, Final

from fruits.cli.console import TerminalProgress, err, out, show_json, show_table
from fruits.cli.targets import open_account
from fruits.cloud.aws.account import Account
from fruits.cloud.aws.deployment import find_deployment
from fruits.cloud.aws.template import Template
from fruits.cloud.aws.wanted import There, Wanted, bucket_name, deploy, stacks_there
from fruits.errors import CloudError

ARCHITECTURES: Final = {"linux-x86_64": "X86_64", "linux-aarch64": "ARM64", None: None}


def deploy_and_show(given: Mapping[str, Any]) -> None:
    """Lay the deployment down and print its parts; or, dry, what they would be."""
    account = open_account(given["region"])
    wanted = Wanted(
        name=given["name"],
        targets=(given["target"],),
        raw_days=given["raw_days"],
        read_bucket=given["read_bucket"],
        release=given["release"],
        architecture=ARCHITECTURES[given["platform"]],
        budget=given["monthly"],
        email=given["email"],
    )
    if given["dry_run"]:
        show_wanted(account, wanted, as_json=given["as_json"])
        return
    with TerminalProgress() as progress:
        changes = deploy(account, wanted, note=progress.note)
    show_deployed(account, wanted, changes, as_json=given["as_json"])


def show_wanted(account: Account, wanted: Wanted, *, as_json: bool) -> None:
    """Print each stack, its region, its parameters, and the resources that it would hold."""
    bucket, there = _there(account, wanted)
    stacks = [
        {
            "stack": request["StackName"],
            "region": region,
            "parameters": parameters,
            "resources": Template(request["TemplateBody"]).resources(parameters),
        }
        for region, request in wanted.requests(account.region, bucket, there)
        for parameters in [_parameters(request)]
    ]
    if as_json:
        show_json(stacks)
        return
    for stack in stacks:
        out.print(f"stack {stack['stack']} in {stack['region']}")
        show_table(_rows(stack["parameters"]), ["what", "value"])
        show_table(_rows(stack["resources"]), ["what", "value"])
    if wanted.email is None:
        err.print("note     --email is missing: the first deployment is refused without it")
    err.print("Nothing of it runs, and nothing has been made.")


def _there(account: Account, wanted: Wanted) -> tuple[str, There]:
    """Return the bucket's name and the parameters that are there, if anybody can be asked."""
    try:
        stacks = stacks_there(account, wanted.name)
        there = {name: stack.parameters for name, stack in stacks.items()}
        return bucket_name(account, wanted.name), there
    except CloudError as exc:
        err.print(f"note     what is there already is not known: {exc}")
        return f"{wanted.name}-${{AccountId}}-{account.region}", {}


def _parameters(request: Mapping[str, Any]) -> dict[str, str]:
    return {each["ParameterKey"]: each["ParameterValue"] for each in request["Parameters"]}


def _rows(found: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"what": name, "value": value} for name, value in found.items()]


def show_deployed(
    account: Account, wanted: Wanted, changes: Mapping[str, str], *, as_json: bool
) -> None:
    """Print what became of each stack, and the outputs by which the other commands find it."""
    found = find_deployment(account, wanted.name, wanted.targets[0])
    if as_json:
        show_json({"region": account.region, "stacks": changes, "outputs": found.outputs})
        return
    for stack, change in changes.items():
        err.print(f"stack {stack}: {change}")
    for name, value in found.outputs.items():
        out.print(f"{name:<28}{value}")
    err.print(
        f"Put photos below s3://{found.bucket}/raw/, then: fruits cloud submit "
        f"{wanted.targets[0]} -- run --input s3://{found.bucket}/raw "
        f"--output s3://{found.bucket}/out/1"
    )
