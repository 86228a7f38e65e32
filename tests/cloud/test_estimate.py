"""What a run would cost: reckoned again by hand, by properties, and against the document."""

import re
from pathlib import Path

import pytest

from fruits.cloud.estimate import Estimate, Workload, estimate
from fruits.cloud.prices import TABLE, Prices, read_prices
from fruits.cloud.size import Size
from fruits.cloud.tariffs import TARIFFS, Plan
from fruits.errors import ConfigError
from fruits.storage.regions import EU_REGIONS

RUNS = ("emr-serverless", "emr")
"""Where more executors are faster; a single server has the slots of its machine."""
COSTS = Path(__file__).resolve().parents[2] / "docs" / "costs.md"


def reckon(images: int = 100_000, prices: Prices | None = None, **plan) -> Estimate:
    plan = {"target": "emr-serverless", "size": Size(executors=3, cores=4)} | plan
    return estimate(Workload(images=images), Plan(**plan), prices or read_prices())


def test_serverless_is_vcpus_and_memory_by_the_second():
    found = reckon(region="eu-west-1")
    assert found.seconds == pytest.approx(120 + 100_000 / (118 * 12) + 13)
    # The driver has 2 vCPUs and 4 GB, each of three executors 4 and 8 (2 GB a vCPU at least).
    hour = 14 * 0.052624 + 28 * 0.0057785
    assert found.expected["compute"] == pytest.approx(hour * found.seconds / 3600 * 0.95)


def test_what_serverless_costs_at_most_is_its_capacity_until_the_timeout():
    found = reckon(images=0, region="eu-west-3", timeout_minutes=90)
    assert found.ceiling == pytest.approx(1.5 * (16 * 0.06318 + 64 * 0.00689) * 0.95)


def test_a_run_of_seconds_is_charged_for_a_minute_of_each_worker():
    work = Workload(images=0, images_per_second=1.0)
    prices = read_prices()
    table = dict(prices.table) | {"serverless": dict(prices.table["serverless"])}
    table["serverless"]["least_seconds"] = 600
    longer = estimate(work, Plan(target="emr-serverless"), Prices(table))
    usual = estimate(work, Plan(target="emr-serverless"), prices)
    assert longer.expected["compute"] == pytest.approx(5 * usual.expected["compute"])


def test_emr_is_nodes_and_disks_by_the_second_and_the_minutes_it_may_idle():
    found = reckon(target="emr", region="eu-west-1", instance="m5.xlarge")
    node = 0.214 + 0.048 + 94 * 0.0952 / 730
    # 12 slots on nodes that keep one of their 4 vCPUs: four of them, and a primary one.
    assert found.expected["compute"] == pytest.approx(
        5 * node * (found.seconds + 900) / 3600 * 0.95
    )
    most = 5 * node * (600 + 3600 + 900) / 3600 * 0.95
    assert found.ceiling == pytest.approx(most + found.expected["storage"])


def test_a_notebooks_cluster_is_charged_until_its_last_hour_and_so_is_the_way_in():
    found = reckon(images=0, target="emr-notebook", region="eu-west-1", timeout_minutes=120)
    node = 0.214 + 0.048 + 94 * 0.0952 / 730
    assert found.ceiling == pytest.approx((5 * node + 3 * 0.011) * 2 * 0.95)
    assert found.expected["compute"] == pytest.approx(found.ceiling)


def test_arm_costs_a_fifth_less():
    intel, arm = (reckon(architecture=name).expected["compute"] for name in ("x86_64", "aarch64"))
    assert arm == pytest.approx(0.8 * intel)


def test_storage_counts_requests_and_a_month_of_photos_and_features():
    found = reckon(images=1_000_000)
    dollars = 1000 * 0.00042 + 10 * 0.0053 + (5_000 + 5_120) / 1000 * 0.024
    assert found.expected["storage"] == pytest.approx(dollars * 0.95)


@pytest.mark.parametrize("target", RUNS)
def test_more_images_cost_more_and_more_slots_take_less_time(target):
    costs = [reckon(images=n, target=target).total for n in (0, 1_000, 100_000, 10_000_000)]
    assert costs == sorted(set(costs))
    times = [reckon(target=target, size=Size(executors=n, cores=4)).seconds for n in (1, 2, 3)]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("target", TARIFFS)
@pytest.mark.parametrize("region", EU_REGIONS)
def test_every_region_of_the_eu_has_a_price_or_says_whose_it_took(target, region):
    found = reckon(target=target, region=region)
    assert found.total > 0
    known = 4 if target == "emr-serverless" else 2
    remarked = [one for one in EU_REGIONS if reckon(target=target, region=one).remarks]
    assert len(remarked) == len(EU_REGIONS) - known
    assert all("reckoned with eu-west-3's" in remark for remark in found.remarks)


@pytest.mark.parametrize("region", ["eu-west-2", "eu-central-2", "us-east-1", "eu-isoe-west-1"])
@pytest.mark.parametrize("target", TARIFFS)
def test_no_price_is_told_for_a_region_outside_of_the_eu(target, region):
    with pytest.raises(ConfigError, match=region):
        reckon(target=target, region=region)


def test_a_run_that_its_timeout_would_end_is_remarked_upon():
    assert reckon(images=10_000_000, timeout_minutes=60).remarks
    assert not reckon(images=10_000, timeout_minutes=60).remarks


def test_a_plan_beyond_the_capacity_is_refused():
    with pytest.raises(ConfigError, match="18 vCPUs"):
        reckon(size=Size(executors=4, cores=4))


@pytest.mark.parametrize(
    ("change", "named"),
    [({"target": "ec3"}, "ec3"), ({"target": "emr", "instance": "p5.48xlarge"}, "p5.48xlarge")],
)
def test_what_has_no_price_is_named(change, named):
    with pytest.raises(ConfigError, match=named):
        reckon(**change)


def test_a_network_that_nobody_timed_needs_a_rate():
    with pytest.raises(ConfigError, match="--images-per-second"):
        estimate(Workload(images=1, model="resnet50"), Plan(target="emr"), read_prices())
    timed = Workload(images=1_000, model="resnet50", images_per_second=10.0)
    assert timed.seconds(10) == pytest.approx(10 + 0.13)


def test_other_prices_replace_ours_and_gaps_are_named(tmp_path):
    file = tmp_path / "prix été.toml"
    file.write_text(TABLE.read_text("utf-8").replace("0.06318", "0.12636"), encoding="utf-8")
    dearer, usual = reckon(prices=read_prices(str(file))), reckon()
    assert dearer.expected["compute"] > 1.5 * usual.expected["compute"]
    file.write_text("dated = 2026-11-27\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="lack exchange, serverless, ec2, storage, network"):
        read_prices(str(file))
    file.write_text("dated =", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_prices(str(file))


def test_every_price_says_how_sure_it_is():
    table = read_prices().table
    sections = [name for name, value in table.items() if isinstance(value, dict)]
    assert sections == ["exchange", "serverless", "ec2", "storage", "network"]
    assert {table[name]["confidence"] for name in sections} <= {"high", "good", "low"}
    assert all(table[name]["source"] for name in sections)


def test_the_table_of_the_document_is_what_is_reckoned():
    rows = re.findall(r"^\| ([\d,]+) \| `([\w-]+)` \| (.+) \|$", COSTS.read_text("utf-8"), re.M)
    assert len(rows) == 9
    for images, target, told in rows:
        found = reckon(images=int(images.replace(",", "")), target=target)
        cells = (f"{found.seconds / 60:.1f} min", f"{found.total:.2f} €", f"{found.ceiling:.2f} €")
        assert told == " | ".join(cells), (images, target)
