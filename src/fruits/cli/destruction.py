"""`fruits cloud destroy`: ends a run, or shows what would be removed, removes it, and proves it."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from fruits.cli.console import TerminalProgress, err, out
from fruits.cli.targets import open_account, open_target
from fruits.cloud.prices import read_prices


def destroy_and_show(given: Mapping[str, Any]) -> None:
    """End the run that is named, else everything of the target that is ours."""
    if given["run"]:
        end_run(given)
    elif given["target"] == "yarn":
        raise click.UsageError("which application? `fruits cloud status yarn` lists them")
    else:
        remove_all(given)


def end_run(given: Mapping[str, Any]) -> None:
    """End one run."""
    if given["with_data"]:
        raise click.UsageError("--with-data goes with a whole deployment, not with a run")
    target = open_target(given)
    if given["dry_run"]:
        for found in target.status(given["run"]):
            out.print(f"would end {found.run} ({found.state.lower()})")
        return
    out.print(target.end(given["run"]))


def remove_all(given: Mapping[str, Any]) -> None:
    """Show what carries our tag, ask, remove it, and ask AWS again what is left."""
    from fruits.cloud.aws.teardown import Removal, Teardown

    with TerminalProgress() as progress:
        teardown = Teardown(
            account=open_account(given["region"]),
            name=given["name"],
            target=given["target"],
            prices=read_prices(given["prices"]),
            note=progress.note,
            with_data=given["with_data"],
        )
        found: Sequence[Removal] = teardown.removals()
    for removal in found:
        out.print(f"{'would remove' if given['dry_run'] else 'to remove'}  {removal.what}")
    if not found:
        out.print(f"nothing of {given['name']} is there in {teardown.account.region}")
    if not found or given["dry_run"]:
        return
    if not given["yes"]:
        click.confirm("Remove all of it?", abort=True, err=True)
    with TerminalProgress() as progress:
        for removal in found:
            progress.note(f"removing {removal.what}")
            removal.act()
    show_proof(teardown.proof(), given["name"], teardown.account.region)


def show_proof(left: Sequence[str], name: str, region: str) -> None:
    """Print what AWS says is left of ours."""
    err.print(f"AWS was asked again what carries fruits={name} in {region}:")
    for what in left:
        out.print(f"left        {what}")
    if not left:
        out.print("nothing is left")
