"""Parts that AWS would play: a driver that runs, others' things in the account, a look around."""

import json
import os
import subprocess
import sys
from collections.abc import Callable

from fruits.cloud.package import LAUNCH, SCRIPTS

from deployed import BUCKET, REGION

PHOTOS = 12


def drive(arguments: list[str]) -> int:
    """Start the driver that AWS was asked for, as its launcher would, without Spark."""
    command = [sys.executable, str(SCRIPTS / LAUNCH), *arguments]
    environ = os.environ | {"FRUITS_RUNNER": "local"}
    return subprocess.run(command, env=environ, check=False, capture_output=True).returncode


def plays(monkeypatch, module, act: Callable[[object], None]) -> None:
    """Let the machines of a module's target do their part before anybody waits for them."""
    real = module.wait_for

    def wait_for(launched, *given, **more):
        act(launched)
        return real(launched, *given, **more)

    monkeypatch.setattr(module, "wait_for", wait_for)


def submit(fruits, target: str, package: str, photos: str, out: str, *options: str):
    command = ["run", "--input", photos, "--output", out, "--model", "fruitnet"]
    command += ["--components", "5", "--max-rejected", "1"]
    return fruits("cloud", "submit", target, "--package", package, *options, "--", *command)


def report_of(amazon, out: str) -> dict:
    key = f"{out.removeprefix(f's3://{BUCKET}/')}/report.json"
    return json.load(amazon("s3").get_object(Bucket=BUCKET, Key=key)["Body"])


def another(amazon) -> tuple[str, str]:
    """Make a cluster and an endpoint that carry somebody else's tag."""
    tags = [{"Key": "fruits", "Value": "theirs"}]
    groups = [{"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}]
    instances = {"InstanceGroups": groups, "KeepJobFlowAliveWhenNoSteps": True}
    cluster = amazon("emr").run_job_flow(
        Name="theirs", ReleaseLabel="emr-7.13.0", Instances=instances, Tags=tags,
        ServiceRole="a", JobFlowRole="b",
    )["JobFlowId"]  # fmt: skip
    vpc = amazon("ec2").create_vpc(CidrBlock="10.1.0.0/24")["Vpc"]["VpcId"]
    endpoint = amazon("ec2").create_vpc_endpoint(
        VpcEndpointType="Interface", VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.ssm",
        TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tags}],
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    return cluster, endpoint


def alive(amazon, cluster: str) -> bool:
    told = amazon("emr").describe_cluster(ClusterId=cluster)["Cluster"]
    return told["Status"]["State"] == "WAITING"


def doors_of(amazon) -> list[str]:
    found = amazon("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    kept = [e for e in found if e["VpcEndpointType"] == "Interface" and e["State"] != "deleted"]
    return [each["ServiceName"].rpartition(".")[2] for each in kept]


def hour_of(amazon, name: str) -> str:
    told = amazon("scheduler").get_schedule(Name=name, GroupName="fruits")
    return told["ScheduleExpression"]
