"""What AWS says it has billed → euros, reckoned again by hand."""

from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")

from fruits.cloud.aws.bill import cluster_bill, serverless_bill

BEGAN = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
DISK = 94 * 0.0952 / 730


def job(**hours: float) -> dict:
    return {"jobRunId": "r-1", "billedResourceUtilization": hours}


def instance(minutes: float | None, kind: str = "m5.xlarge", market: str = "ON_DEMAND") -> dict:
    timeline = {"CreationDateTime": BEGAN}
    if minutes is not None:
        timeline["EndDateTime"] = BEGAN + timedelta(minutes=minutes)
    return {"InstanceType": kind, "Market": market, "Status": {"Timeline": timeline}}


def test_serverless_is_vcpus_memory_and_disk_beyond_the_free_part(prices):
    told = job(vCPUHour=2.5, memoryGBHour=5.0, storageGBHour=10.0)
    bill = serverless_bill(told, region="eu-west-1", architecture="X86_64", prices=prices)
    dollars = 2.5 * 0.052624 + 5 * 0.0057785 + 10 * 0.000122
    assert bill.euros == pytest.approx(dollars * 0.95, abs=1e-4)
    assert bill.resources == {"vcpu_hour": 2.5, "gb_hour": 5.0, "disk_gb_hour": 10.0}
    assert (bill.remarks, bill.run) == ((), "r-1")


def test_arm_is_a_fifth_cheaper_but_for_the_disks(prices):
    def euros(architecture: str, **hours: float) -> float:
        told = job(**hours)
        found = serverless_bill(told, region="eu-west-3", architecture=architecture, prices=prices)
        return found.euros

    on_arm = pytest.approx(0.8 * euros("X86_64", vCPUHour=100.0), abs=1e-4)
    assert euros("ARM64", vCPUHour=100.0) == on_arm
    assert euros("ARM64", storageGBHour=1e4) == euros("X86_64", storageGBHour=1e4)


def test_what_is_not_billed_yet_is_no_bill_rather_than_nothing(prices):
    told = {"jobRunId": "r-1"}
    assert not serverless_bill(told, region="eu-west-3", architecture="X86_64", prices=prices)
    assert cluster_bill("j-1", [], region="eu-west-3", prices=prices) is None


def test_a_cluster_is_each_machines_seconds_from_creation_to_end(prices):
    found = [instance(30), instance(20), instance(20)]
    bill = cluster_bill("j-1", found, region="eu-west-1", prices=prices)
    dollars = 70 / 60 * (0.214 + 0.048 + DISK)
    assert bill.euros == pytest.approx(dollars * 0.95, abs=1e-4)
    assert bill.resources == {"m5.xlarge_hour": pytest.approx(70 / 60, abs=1e-3)}
    assert bill.remarks == ()


def test_what_is_not_exact_is_remarked_upon(prices):
    found = [instance(None), instance(20, market="SPOT"), instance(20, kind="m7g.xlarge")]
    bill = cluster_bill("j-1", found, region="eu-south-2", prices=prices)
    told = " ".join(bill.remarks)
    assert set(bill.resources) == {"m5.xlarge_hour", "m7g.xlarge_hour"}
    assert "spot instances are counted at the price on demand" in told
    assert "still ending" in told
    assert "no price is known for eu-south-2" in told
    assert bill.resources["m5.xlarge_hour"] > 0
