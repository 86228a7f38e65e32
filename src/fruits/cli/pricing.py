"""What a launch would cost, told and checked against the budget before anything is made or sent."""

from collections.abc import Mapping
from typing import Any, Final

from fruits.cli.console import err
from fruits.cli.estimating import count
from fruits.cloud.estimate import IMAGES_PER_SECOND, Estimate, Workload, estimate
from fruits.cloud.gate import check_budget
from fruits.cloud.prices import Prices
from fruits.cloud.request import Request
from fruits.cloud.size import Size
from fruits.cloud.tariffs import Plan
from fruits.errors import FruitsError

UNKNOWN: Final = 1.0
"""Images per second where nobody has measured a network; only the ceiling is told then."""


def price_and_check(
    request: Request, size: Size, prices: Prices, given: Mapping[str, Any], *, region: str
) -> Estimate:
    """Tell what a run would cost; ConfigError where the most that it can cost is too much."""
    plan = Plan(
        target=given["target"],
        region=region,
        size=size,
        instance=given["instance"],
        architecture=given["platform"].removeprefix("linux-"),
        timeout_minutes=given["timeout"],
    )
    images, image_bytes = counted(request, given)
    work = Workload(
        images=images or 0,
        image_bytes=image_bytes,
        model=request.config.model,
        images_per_second=_rate(request, given) or UNKNOWN,
    )
    found = estimate(work, plan, prices)
    known = images is not None and _rate(request, given) is not None
    tell(found, measured=known and request.featurises)
    check_budget(found, given["budget"])
    return found


def counted(request: Request, given: Mapping[str, Any]) -> tuple[int | None, int]:
    """Return how many images there are, None where they cannot be listed, and one's mean bytes."""
    if not request.config.input:
        return None, 0
    try:
        return count(given["images"], request.config.input)
    except (FruitsError, OSError) as exc:
        err.print(f"note     the images are not counted: {exc}")
        return None, 0


def _rate(request: Request, given: Mapping[str, Any]) -> float | None:
    told: float | None = given["images_per_second"]
    return told or IMAGES_PER_SECOND.get(request.config.model)


def tell(found: Estimate, *, measured: bool) -> None:
    """Print the estimate in a line or two."""
    expected = f"{found.total:,.2f} € expected for {found.images:,} images" if measured else ""
    parts = [expected, f"{found.ceiling:,.2f} € at most", f"prices of {found.dated}"]
    err.print(f"cost     {', '.join(part for part in parts if part)}")
    for remark in found.remarks if measured else ():
        err.print(f"note     {remark}")


def tell_hourly(found: Estimate, hours: float) -> None:
    """Print what machines cost that are there for so many hours, whatever they do."""
    parts = f"{found.ceiling / hours:,.2f} € an hour, {found.ceiling:,.2f} € at most"
    err.print(f"cost     {parts} ({hours:g} h), prices of {found.dated}")
    for remark in found.remarks:
        err.print(f"note     {remark}")
