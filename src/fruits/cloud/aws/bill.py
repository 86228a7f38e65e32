"""What a run has really used, as AWS counts it → its price in euros, for the report."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from fruits.cloud.prices import Prices
from fruits.cloud.tariffs import DISK_GB, HOURS_A_MONTH, SERVER_GB

MACHINE_HOUR_SECONDS = 3600.0


@dataclass(frozen=True)
class Bill:
    """Resources by name and unit, as AWS reports them, and euros before tax for them."""

    target: str
    region: str
    run: str
    resources: Mapping[str, float]
    euros: float
    dated: str
    remarks: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """Return what the report keeps."""
        return asdict(self)


def serverless_bill(
    job: Mapping[str, Any], *, region: str, architecture: str, prices: Prices
) -> Bill | None:
    """Price a job run's `billedResourceUtilization`, None where AWS has not counted yet."""
    used = job.get("billedResourceUtilization")
    if not used:
        return None
    rates, remark = prices.serverless(region)
    hours = {
        "vcpu_hour": float(used.get("vCPUHour", 0.0)),
        "gb_hour": float(used.get("memoryGBHour", 0.0)),
        "disk_gb_hour": float(used.get("storageGBHour", 0.0)),
    }
    share = float(prices.table["serverless"]["arm_share"]) if architecture == "ARM64" else 1.0
    dollars = hours["disk_gb_hour"] * rates["disk_gb_hour"]
    dollars += share * sum(hours[key] * rates[key] for key in ("vcpu_hour", "gb_hour"))
    return Bill(
        target="emr-serverless",
        region=region,
        run=str(job["jobRunId"]),
        resources=hours,
        euros=round(dollars * prices.eur_per_usd, 4),
        dated=prices.dated,
        remarks=(remark,) if remark else (),
    )


def cluster_bill(
    cluster: str, instances: Iterable[Mapping[str, Any]], *, region: str, prices: Prices
) -> Bill | None:
    """Price the instances of a cluster by the second, each from its creation to its end, or to now.

    Spot instances are priced as on demand: what they cost is only in the account's own bill.
    """
    seconds: dict[str, float] = {}
    dollars, remarks = 0.0, set()
    for instance in instances:
        kind, lived = instance["InstanceType"], _seconds(instance)
        seconds[kind] = seconds.get(kind, 0.0) + lived
        hour, remark = prices.instance_hour(kind, region)
        disk = DISK_GB * float(prices.table["storage"]["ebs_gb_month"]) / HOURS_A_MONTH
        dollars += lived / MACHINE_HOUR_SECONDS * (hour + disk)
        remarks |= _remarks(instance, remark)
    if not seconds:
        return None
    return Bill(
        target="emr",
        region=region,
        run=cluster,
        resources={f"{kind}_hour": round(s / 3600, 4) for kind, s in sorted(seconds.items())},
        euros=round(dollars * prices.eur_per_usd, 4),
        dated=prices.dated,
        remarks=tuple(sorted(remarks)),
    )


def server_bill(
    told: Mapping[str, Any], ended: datetime | None, *, region: str, prices: Prices
) -> Bill:
    """Price one server by the second, from its launch to its end, or to now."""
    kind = str(told["InstanceType"])
    hour, remark = prices.server_hour(kind, region)
    disk = SERVER_GB * float(prices.table["storage"]["ebs_gb_month"]) / HOURS_A_MONTH
    hours = max(((ended or datetime.now(UTC)) - told["LaunchTime"]).total_seconds(), 60) / 3600
    remarks = {remark} if remark else set()
    if told.get("InstanceLifecycle") == "spot":
        remarks.add("a server on spot is counted at the price on demand: it costs less")
    if ended is None:
        remarks.add("the server was still ending when this was counted")
    return Bill(
        target="ec2",
        region=region,
        run=str(told["InstanceId"]),
        resources={f"{kind}_hour": round(hours, 4)},
        euros=round(hours * (hour + disk) * prices.eur_per_usd, 4),
        dated=prices.dated,
        remarks=tuple(sorted(remarks)),
    )


def _remarks(instance: Mapping[str, Any], remark: str | None) -> set[str]:
    found = {remark} if remark else set()
    if instance.get("Market") == "SPOT":
        found.add("spot instances are counted at the price on demand: they cost less")
    if "EndDateTime" not in instance["Status"]["Timeline"]:
        found.add("some machines were still ending when this was counted")
    return found


def _seconds(instance: Mapping[str, Any]) -> float:
    timeline = instance["Status"]["Timeline"]
    ended = timeline.get("EndDateTime", datetime.now(UTC))
    return float(max((ended - timeline["CreationDateTime"]).total_seconds(), 0.0))
