"""Whole lives of runs, against moto's server in a process of its own.

moto makes no machine: where AWS would start a driver, the test starts the very one that was asked
for, with the arguments of the request. Of the templates it knows a part: what it cannot make, the
test makes and names in the stack's outputs (`moto_edition`).
"""

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")
pytest.importorskip("moto", reason="only for tests: pip install 'moto[server]'")

import gzip
import json

from fruits.cloud.aws import emr, run, serverless

from aws_play import PHOTOS, alive, drive, hour_of, plays, report_of, submit
from deployed import BUCKET, REGION


@pytest.mark.slow
def test_a_run_on_serverless_from_submission_to_its_price_in_the_report(
    fruits, deployed, photos, package, amazon, monkeypatch
):
    def machines(job) -> None:
        driver = job.told()["jobDriver"]["sparkSubmit"]
        assert driver["entryPoint"].endswith("/launch.py")
        assert drive(driver["entryPointArguments"]) == 0

    plays(monkeypatch, serverless, machines)
    out = f"s3://{BUCKET}/out/premier été"
    code, told, said = submit(fruits, "emr-serverless", package, photos, out)
    assert code == 0, said
    assert f"{PHOTOS} featurised" in told
    assert "cost      0.0000 €" in told
    assert "€ at most" in said
    report = report_of(amazon, out)
    assert report["cost"]["target"] == "emr-serverless"
    assert set(report["cost"]["resources"]) == {"vcpu_hour", "gb_hour", "disk_gb_hour"}
    assert report["images"]["featurised"] == PHOTOS
    (job,) = amazon("emr-serverless").list_job_runs(applicationId=deployed["ApplicationId"])[
        "jobRuns"
    ]
    code, told, _ = fruits("cloud", "status", "emr-serverless", "--json")
    (row,) = json.loads(told)
    assert (row["run"], row["state"]) == (job["id"], "SUCCESS")
    code, told, _ = fruits("cloud", "status", "emr-serverless", "--output", out)
    assert "ended with 0" in told


@pytest.mark.slow
def test_a_run_on_emr_has_its_watchdog_until_the_cluster_has_gone(
    fruits, deployed, photos, package, amazon, monkeypatch
):
    seen: dict[str, object] = {}

    def machines(cluster) -> None:
        (step,) = amazon("emr").list_steps(ClusterId=cluster.id)["Steps"]
        arguments = step["Config"]["Args"]
        (launcher,) = [n for n, word in enumerate(arguments) if word.endswith("/launch.py")]
        assert drive(arguments[launcher + 1 :]) == 0
        seen["schedule"] = amazon("scheduler").get_schedule(Name=cluster.id, GroupName="fruits")
        amazon("emr").terminate_job_flows(JobFlowIds=[cluster.id])

    plays(monkeypatch, emr, machines)
    out = f"s3://{BUCKET}/out/emr"
    code, told, said = submit(fruits, "emr", package, photos, out, "--release", "emr-7.13.0")
    assert code == 0, said
    report = report_of(amazon, out)
    assert list(report["cost"]["resources"]) == ["m5.xlarge_hour"]
    assert report["cost"]["euros"] >= 0
    (cluster,) = amazon("emr").list_clusters()["Clusters"]
    assert json.loads(seen["schedule"]["Target"]["Input"]) == {"JobFlowIds": [cluster["Id"]]}
    left = amazon("scheduler").list_schedules(GroupName="fruits")["Schedules"]
    assert left == []
    code, told, _ = fruits("cloud", "status", "emr", cluster["Id"])
    assert "TERMINATED" in told


@pytest.mark.slow
def test_a_run_with_too_many_rejects_ends_with_3_and_has_its_price(
    fruits, deployed, photos, package, amazon, monkeypatch
):
    def machines(job) -> None:
        assert drive(job.told()["jobDriver"]["sparkSubmit"]["entryPointArguments"]) == 3

    plays(monkeypatch, serverless, machines)
    out = f"s3://{BUCKET}/out/strict"
    command = ["run", "--input", photos, "--output", out, "--model", "fruitnet"]
    command += ["--components", "5", "--max-rejected", "0"]
    code, _, _ = fruits("cloud", "submit", "emr-serverless", "--package", package, "--", *command)
    assert code == 3
    assert report_of(amazon, out)["cost"] is not None


def test_a_run_without_a_word_of_its_driver_is_told_with_the_way_to_its_logs(
    fruits, deployed, photos, package, amazon, monkeypatch
):
    plays(monkeypatch, emr, lambda run: amazon("emr").terminate_job_flows(JobFlowIds=[run.id]))
    code, _, told = submit(
        fruits, "emr", package, photos, f"s3://{BUCKET}/out/x", "--release", "emr-7.13.0"
    )
    assert code == 1
    (cluster,) = amazon("emr").list_clusters()["Clusters"]
    assert f"`fruits cloud logs emr {cluster['Id']}`" in told
    code, _, told = fruits("cloud", "logs", "emr", cluster["Id"])
    assert code == 1
    assert "there are no logs below" in told
    key = f"logs/{cluster['Id']}/steps/s-1/stderr.gz"
    amazon("s3").put_object(Bucket=BUCKET, Key=key, Body=gzip.compress("fruits: pêche".encode()))
    code, told, _ = fruits("cloud", "logs", "emr", cluster["Id"])
    assert (code, told) == (0, "==> steps/s-1/stderr.gz <==\nfruits: pêche\n")


def test_without_waiting_the_run_goes_on_and_can_be_ended(
    fruits, deployed, photos, package, amazon
):
    options = ("--release", "emr-7.13.0", "--no-wait")
    code, told, said = submit(fruits, "emr", package, photos, f"s3://{BUCKET}/out/y", *options)
    (cluster,) = amazon("emr").list_clusters()["Clusters"]
    assert (code, told.strip()) == (0, cluster["Id"])
    assert f"fruits cloud destroy emr {cluster['Id']}" in said
    code, told, _ = fruits("cloud", "destroy", "emr", cluster["Id"], "--dry-run")
    assert "would end" in told
    assert (
        amazon("emr").describe_cluster(ClusterId=cluster["Id"])["Cluster"]["Status"]["State"]
        == "WAITING"
    )
    code, _, _ = fruits("cloud", "destroy", "emr", cluster["Id"])
    assert code == 0
    state = amazon("emr").describe_cluster(ClusterId=cluster["Id"])["Cluster"]["Status"]["State"]
    assert state == "TERMINATED"
    assert amazon("scheduler").list_schedules(GroupName="fruits")["Schedules"] == []


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ((f"s3://{BUCKET}/raw", f"s3://{BUCKET}/elsewhere"), "write below"),
        ((f"s3://{BUCKET}/raw", "s3://another/out"), "write below"),
        (("s3://another/raw", f"s3://{BUCKET}/out"), "--read-bucket"),
        ((f"s3://{BUCKET}/rawest", f"s3://{BUCKET}/out"), "read below"),
    ],
)
def test_places_that_the_role_does_not_reach_are_refused_before_anything_is_sent(
    fruits, deployed, package, amazon, places, told
):
    source, out = places
    for target in ("emr", "emr-serverless"):
        code, _, said = submit(fruits, target, package, source, out)
        assert code == 2
        assert told in said
    assert amazon("emr").list_clusters()["Clusters"] == []


def test_what_could_cost_more_than_the_budget_is_not_launched(
    fruits, deployed, photos, package, amazon
):
    out = f"s3://{BUCKET}/out/z"
    for options in (("--budget", "1"), ("--timeout", "600"), ("--executors", "40")):
        code, _, said = submit(fruits, "emr", package, photos, out, *options)
        assert code == 2, options
        assert "more than the budget" in said
    assert amazon("emr").list_clusters()["Clusters"] == []
    options = ("--budget", "30", "--timeout", "600", "--release", "emr-7.13.0", "--no-wait")
    assert submit(fruits, "emr", package, photos, out, *options)[0] == 0


def test_a_watchdog_stays_as_long_as_its_cluster_lives(
    fruits, deployed, photos, package, amazon, monkeypatch
):
    def machines(cluster) -> None:
        (step,) = amazon("emr").list_steps(ClusterId=cluster.id)["Steps"]
        arguments = step["Config"]["Args"]
        (launcher,) = [n for n, word in enumerate(arguments) if word.endswith("/launch.py")]
        drive(arguments[launcher + 1 :])

    plays(monkeypatch, emr, machines)
    monkeypatch.setattr(run, "GRACE_SECONDS", 0.1)
    out = f"s3://{BUCKET}/out/hangs"
    code, _, _ = submit(fruits, "emr", package, photos, out, "--release", "emr-7.13.0")
    (cluster,) = amazon("emr").list_clusters()["Clusters"]
    assert (code, alive(amazon, cluster["Id"])) == (0, True)
    assert hour_of(amazon, cluster["Id"])


def test_a_region_that_is_configured_gives_way_to_the_one_that_is_asked_for(
    fruits, deployed, photos, package, amazon, monkeypatch
):
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    options = ("--release", "emr-7.13.0", "--no-wait", "--region", REGION, "--json")
    code, told, said = submit(fruits, "emr", package, photos, f"s3://{BUCKET}/out/r", *options)
    assert code == 0, said
    assert json.loads(told)["run"].startswith("j-")
