"""`fruits cloud estimate`: counts the work, and tells what it would take and cost."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from fruits.cli.console import err, out, show_json
from fruits.cloud.estimate import Estimate, Workload, estimate
from fruits.cloud.prices import read_prices
from fruits.cloud.size import Size
from fruits.cloud.tariffs import Plan
from fruits.storage.source import open_source


def estimate_and_show(given: Mapping[str, Any]) -> None:
    """Estimate a run from the command's options, and print it."""
    images, image_bytes = count(given["images"], given["input"])
    work = Workload(
        images=images,
        image_bytes=image_bytes,
        model=given["model"],
        images_per_second=given["images_per_second"],
    )
    plan = Plan(
        target=given["target"],
        region=given["region"],
        size=Size(executors=given["executors"], cores=given["cores"]),
        instance=given["instance"],
        architecture=given["platform"].removeprefix("linux-"),
        timeout_minutes=given["timeout"],
    )
    found = estimate(work, plan, read_prices(given["prices"]))
    if given["as_json"]:
        show_json({**asdict(found), "total": found.total})
    else:
        show_estimate(found)


def count(images: int | None, place: str | None) -> tuple[int, int]:
    """Return how many images, and a mean one's bytes: as given, else of the input's listing."""
    if images is not None:
        return images, Workload(images=images).image_bytes
    if place is None:
        raise click.UsageError("give --images N, or --input URI to count them")
    sizes = [ref.size for page in open_source(place).pages() for ref in page]
    return len(sizes), sum(sizes) // max(len(sizes), 1)


def show_estimate(found: Estimate) -> None:
    """Print the figures on stdout, and what they rest on on stderr."""
    out.print(f"{found.target} in {found.region}, {found.images:,} images, {found.slots} slots")
    out.print(f"time      {found.seconds / 60:,.1f} min, the machines' start included")
    parts = ", ".join(f"{name} {euros:,.2f} €" for name, euros in found.expected.items())
    out.print(f"expected  {found.total:,.2f} € ({parts}, a month's keeping included)")
    out.print(f"at most   {found.ceiling:,.2f} €, when it hangs until it is ended")
    for remark in found.remarks:
        out.print(f"note      {remark}")
    err.print(f"prices of {found.dated}, before tax; nothing was asked of AWS")
    for name, words in found.confidence.items():
        err.print(f"  {name:<11}{words}")
