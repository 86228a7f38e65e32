"""`fruits cloud status`: the runs that a target knows, or how far those on an output are."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from fruits.cli.console import out, show_json, show_table
from fruits.cli.remote import describe
from fruits.cli.targets import open_target
from fruits.cli.understood import check_understood
from fruits.cloud.watch import all_posted
from fruits.storage.output import Output


def show_status(given: Mapping[str, Any]) -> None:
    """Print how far the runs on an output are, else the runs that the target knows."""
    check_understood(given["target"])
    if given["output"] is not None and given["run"]:
        raise click.UsageError("RUN and --output are two questions: give one of them")
    if given["output"] is not None:
        show_posted(given["output"], as_json=given["as_json"])
        return
    found = open_target(given).status(given["run"])
    rows = [asdict(each) for each in found]
    if given["as_json"]:
        show_json(rows)
    elif rows:
        show_table(rows, list(rows[0]))
    else:
        out.print(f"no run of ours on {given['target']}")


def show_posted(output: str, *, as_json: bool) -> None:
    """Print what drivers have posted in an output."""
    posted = all_posted(Output(output))
    if as_json:
        show_json([asdict(each) for each in posted])
        return
    for each in posted:
        ended = "" if each.exit_code is None else f" · ended with {each.exit_code} {each.message}"
        out.print(f"{each.run_id}  {each.updated[:19]}Z  {describe(each)}{ended}")
    if not posted:
        out.print("no run on a cluster has posted anything here")
