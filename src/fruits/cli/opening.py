"""`fruits cloud open`: brings a page of a cluster to this machine, and makes the cluster."""

import json
from collections.abc import Mapping
from typing import Any, cast

import click

from fruits.choices import ClusterPlatform
from fruits.cli.console import TerminalProgress, err, out, show_json
from fruits.cli.pricing import tell_hourly
from fruits.cli.targets import open_target, size_for
from fruits.cloud.aws.door import open_for
from fruits.cloud.aws.emr import Emr
from fruits.cloud.aws.notebook import (
    Notebook,
    find_notebook,
    primary_instance,
    wait_until_ready,
)
from fruits.cloud.aws.places import stage_of
from fruits.cloud.aws.serverless import Serverless
from fruits.cloud.aws.session import PAGES, find_plugin, forward
from fruits.cloud.estimate import Workload, estimate
from fruits.cloud.gate import check_budget
from fruits.cloud.package import Recipe, packages_folder
from fruits.cloud.prices import read_prices
from fruits.cloud.stage import staged, upload
from fruits.cloud.tariffs import Plan
from fruits.cloud.wheelhouse import Wheelhouse, build_wheelhouse


def open_and_show(given: Mapping[str, Any]) -> None:
    """Open the Spark UI of a run, or a page of a cluster for notebooks."""
    target = open_target({**given, "timeout": given["hours"] * 60}, dry_run=given["dry_run"])
    if isinstance(target, Serverless):
        if not given["run"]:
            raise click.UsageError("which run? `fruits cloud status emr-serverless` lists them")
        open_page(target, given)
        return
    assert isinstance(target, Emr)
    open_notebook(target, given)


def open_notebook(emr: Emr, given: Mapping[str, Any]) -> None:
    """Find the cluster, or make one, and forward the page until Ctrl-C."""
    if given["dry_run"]:
        price(emr, given)
        show_plan(plan_notebook(emr, given, wheels=None), as_json=given["as_json"])
        return
    if not given["no_wait"]:
        find_plugin()  # before a cluster is paid for
    cluster = running(emr, given["run"]) or make_notebook(emr, given)
    if given["no_wait"]:
        out.print(cluster)
        return
    with TerminalProgress() as progress:
        wait_until_ready(emr.account, cluster, note=progress.note)
    show_page(emr, cluster, given["page"])


def open_page(serverless: Serverless, given: Mapping[str, Any]) -> None:
    """Print the address of a run's Spark UI."""
    if given["dry_run"]:
        out.print(f"would ask for the address of {given['run']}'s Spark UI")
        return
    address = serverless.page(given["run"])
    if given["as_json"]:
        show_json({"page": address})
    else:
        out.print(address)


def running(emr: Emr, run: str | None) -> str | None:
    """Return the cluster that is meant, or one that runs, with the way in to it; else None."""
    if run:
        emr.ours(run)
    found = run or (find_notebook(emr.account, emr.deployment) or {}).get("Id")
    if found:
        open_for(emr.account, emr.deployment, found)
    return found


def make_notebook(emr: Emr, given: Mapping[str, Any]) -> str:
    """Tell the price, gather and upload the wheels, and make the cluster."""
    price(emr, given)
    err.print("wheels   gathering them, or finding them gathered")
    recipe = Recipe(
        models=given["models"],
        weights=given["weights"],
        platform=cast(ClusterPlatform, emr.platform),
        extras=tuple(sorted(given["extras"])),
    )
    wheels = build_wheelhouse(recipe, packages_folder())
    with TerminalProgress() as progress:
        upload(wheels, stage_of(emr.deployment), note=progress.note)
        cluster, at = plan_notebook(emr, given, wheels=wheels).start()
        progress.note(f"{cluster} is being made; it is ended at {at:%H:%M} UTC at the latest")
    return cluster


def plan_notebook(emr: Emr, given: Mapping[str, Any], *, wheels: Wheelhouse | None) -> Notebook:
    """Return the wish for a cluster; without wheels their place is imagined."""
    stage = stage_of(emr.deployment)
    return Notebook(
        account=emr.account,
        deployment=emr.deployment,
        nodes=emr.nodes,
        size=size_for(given, emr.prices),
        wheels=staged(wheels, stage) if wheels else f"{stage}/wheels-…",
        minutes=given["hours"] * 60,
        release=emr.release,
    )


def price(emr: Emr, given: Mapping[str, Any]) -> None:
    """Tell what the cluster costs, by the hour and until it is ended; refuse what is too much."""
    plan = Plan(
        target="emr-notebook",
        region=emr.account.region,
        size=size_for(given, emr.prices),
        instance=given["instance"],
        timeout_minutes=given["hours"] * 60,
    )
    found = estimate(Workload(images=0), plan, read_prices(given["prices"]))
    tell_hourly(found, given["hours"])
    check_budget(found, given["budget"])


def show_plan(wish: Notebook, *, as_json: bool) -> None:
    """Print the requests that would be made."""
    plan = wish.plan()
    if as_json:
        show_json(plan)
        return
    for name, request in plan.items():
        out.print(f"{name} {json.dumps(request, indent=2, ensure_ascii=False)}")


def show_page(emr: Emr, cluster: str, name: str) -> None:
    """Forward a page's port and tell its address, until Ctrl-C."""
    page = PAGES[name]
    err.print(f"{page.title} of {cluster}: the cluster goes on after Ctrl-C, until its hour")
    err.print(f"`fruits cloud destroy emr {cluster}` ends it now")
    out.print(page.address)
    code = forward(emr.account, primary_instance(emr.account, cluster), page)
    if code:
        raise SystemExit(code)
