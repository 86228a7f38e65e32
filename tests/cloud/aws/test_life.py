"""Whole lives of deployments and runs, against moto's server in a process of its own.

moto makes no machine: where AWS would start a driver, the test starts the very one that was asked
for, with the arguments of the request. Of the templates it knows a part: what it cannot make, the
test makes and names in the stack's outputs (`moto_edition`).
"""

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from urllib.request import Request as Ask
from urllib.request import urlopen

import pytest

pytest.importorskip("moto", reason="only for tests: pip install 'moto[server]'")
pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")

import boto3

from fruits.cli.main import main
from fruits.cloud import watch
from fruits.cloud.aws import emr, release, run, serverless, stack
from fruits.cloud.aws.template import Template
from fruits.cloud.own_wheel import wheel_name
from fruits.cloud.package import ARCHIVE, LAUNCH, MANIFEST, SCRIPTS, Manifest
from fruits.cloud.wheelhouse import Contents, Wheelhouse
from fruits.errors import CloudError

from deployed import REGION
from photos import write_photos
from s3_server import s3_server

BUCKET = f"fruits-123456789012-{REGION}"
PHOTOS = 12


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    with s3_server() as port:
        yield port


@pytest.fixture
def amazon(server: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], object]:
    """An account with nothing in it; returns what makes clients."""
    url = f"http://127.0.0.1:{server}"
    urlopen(Ask(f"{url}/moto-api/reset", method="POST")).close()
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_REGION", REGION)
    for module, name in (
        (stack, "POLL_SECONDS"),
        (release, "POLL_SECONDS"),
        (watch, "POLL_SECONDS"),
    ):
        monkeypatch.setattr(module, name, 0.01)
    monkeypatch.setattr(run, "STATE_SECONDS", 0.01)
    return lambda service: boto3.client(service, REGION)


@pytest.fixture
def moto_edition(amazon, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What moto's CloudFormation leaves out, made beforehand, and its templates without it."""
    application = amazon("emr-serverless").create_application(
        name="fruits", type="SPARK", releaseLabel="emr-7.0.0", tags={"fruits": "fruits"}
    )["applicationId"]
    amazon("scheduler").create_schedule_group(Name="fruits")
    made = {"ApplicationId": application, "ScheduleGroup": "fruits"}
    named = Template.named

    def edit(name: str) -> Template:
        content = json.loads(named(name).body)
        if name == "budget.yaml":
            del content["Outputs"]
        if name == "durable.yaml":
            del content["Resources"]["DiskKey"]["Properties"]["Tags"]
            content["Resources"]["Vpc"]["DeletionPolicy"] = "Retain"  # it deletes in no order
            for output, value in made.items():
                content["Outputs"][output]["Value"] = value
        if name == "data.yaml":  # of these policies it knows one
            content["Resources"]["Bucket"]["DeletionPolicy"] = "Retain"
        return Template(json.dumps(content))

    monkeypatch.setattr(Template, "named", staticmethod(edit))
    # It knows protection from deletion, and cannot lift it: test_stack.py has that.
    read = stack._stack
    monkeypatch.setattr(stack, "_stack", lambda told: replace(read(told), protected=False))
    return made


@pytest.fixture
def fruits(amazon, capsys) -> Callable[..., tuple[int, str, str]]:
    """Type a command; returns its exit code and what it said."""

    def typed(*words: str) -> tuple[int, str, str]:
        code = 0
        try:
            main(list(words))
        except SystemExit as exc:
            code = int(exc.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return typed


@pytest.fixture
def deployed(fruits, moto_edition) -> dict[str, str]:
    for target in ("emr", "emr-serverless"):
        code, _, told = fruits("cloud", "deploy", target, "--email", "somebody@example.org")
        assert code == 0, told
    return moto_edition


@pytest.fixture
def photos(amazon, deployed, tmp_path: Path) -> str:
    folder = write_photos(tmp_path / "photos", PHOTOS)
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            amazon("s3").upload_file(str(file), BUCKET, f"raw/{file.relative_to(folder)}")
    return f"s3://{BUCKET}/raw"


@pytest.fixture
def package(tmp_path: Path) -> str:
    """A package of a few bytes: moto's machines need no libraries."""
    folder = tmp_path / "fruits-0.1.0-linux-x86_64-0123456789ab"
    folder.mkdir()
    for name in (ARCHIVE, LAUNCH, wheel_name()):
        (folder / name).write_bytes(b"x")
    manifest = Manifest(
        digest="0123456789ab", fruits="0.1.0", platform="linux-x86_64", python="3.11", extras=[],
        models=[], archive_sha256="", archive_bytes=1, unpacked_bytes=1,
    )  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest)))
    return str(folder)


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


def test_deploying_again_changes_nothing_that_was_set_before(fruits, moto_edition, amazon):
    words = ("cloud", "deploy", "emr-serverless", "--json")
    code, told, _ = fruits(*words, "--email", "somebody@example.org", "--raw-days", "7")
    assert code == 0
    assert json.loads(told)["stacks"] == {
        "fruits-data": "created",
        "fruits": "created",
        "fruits-budget": "created",
    }
    code, told, _ = fruits("cloud", "deploy", "emr", "--json")
    assert code == 0
    outputs = json.loads(told)["outputs"]
    assert {"JobRoleArn", "ServiceRoleArn", "WatchdogRoleArn"} <= set(outputs)
    assert outputs["Bucket"] == BUCKET
    (data,) = amazon("cloudformation").describe_stacks(StackName="fruits-data")["Stacks"]
    (there,) = amazon("cloudformation").describe_stacks(StackName="fruits")["Stacks"]
    parameters = {
        p["ParameterKey"]: p["ParameterValue"] for p in data["Parameters"] + there["Parameters"]
    }
    assert (parameters["RawDays"], parameters["EmrServerless"], parameters["Emr"]) == (
        "7", "yes", "yes",
    )  # fmt: skip
    assert {"Key": "fruits", "Value": "fruits"} in there["Tags"]


def test_deploy_wants_somebody_who_hears_of_the_budget(fruits, moto_edition, amazon):
    code, _, told = fruits("cloud", "deploy", "emr")
    assert code == 2
    assert "--email" in told
    assert amazon("cloudformation").list_stacks()["StackSummaries"] == []


def test_a_dry_deployment_makes_nothing_and_names_everything(fruits, moto_edition, amazon):
    code, told, _ = fruits("cloud", "deploy", "emr", "--dry-run", "--json", "--email", "a@b.org")
    data, durable, budget = json.loads(told)
    assert code == 0
    assert data["resources"] == {
        "Bucket": "AWS::S3::Bucket",
        "BucketPolicy": "AWS::S3::BucketPolicy",
    }
    assert durable["resources"]["SecurityConfiguration"] == "AWS::EMR::SecurityConfiguration"
    assert "Application" not in durable["resources"]
    assert budget["resources"] == {"Budget": "AWS::Budgets::Budget"}
    assert amazon("cloudformation").list_stacks()["StackSummaries"] == []


def test_a_stack_of_that_name_that_is_not_ours_is_left_alone(fruits, moto_edition, amazon):
    body = json.dumps({"Resources": {"Mine": {"Type": "AWS::S3::Bucket"}}})
    amazon("cloudformation").create_stack(StackName="fruits", TemplateBody=body)
    for words in (
        ("deploy", "emr", "--email", "a@b.org"),
        ("destroy", "emr", "--yes", "--with-data"),
        ("status", "emr"),
    ):
        code, _, told = fruits("cloud", *words)
        assert code == 1
        assert "it is not ours" in told
    (there,) = amazon("cloudformation").describe_stacks(StackName="fruits")["Stacks"]
    assert there["StackStatus"] == "CREATE_COMPLETE"


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


def test_destroying_touches_only_what_is_ours_and_says_what_is_left(
    fruits, deployed, photos, package, amazon
):
    theirs, their_endpoint = another(amazon)
    options = ("--release", "emr-7.13.0", "--no-wait")
    _, ours, _ = submit(fruits, "emr", package, photos, f"s3://{BUCKET}/out/y", *options)
    submit(fruits, "emr-serverless", package, photos, f"s3://{BUCKET}/out/z", "--no-wait")
    code, told, _ = fruits("cloud", "destroy", "emr", "--dry-run")
    assert code == 0
    assert ours.strip() in told
    assert theirs not in told
    assert alive(amazon, ours.strip())
    code, _, told = fruits("cloud", "destroy", "emr", theirs)
    assert (code, "it is left alone" in told) == (1, True)
    code, told, _ = fruits("cloud", "destroy", "emr", "--yes")
    assert code == 0
    assert "left        stack fruits, for emr-serverless" in told
    assert not alive(amazon, ours.strip())
    assert alive(amazon, theirs)
    assert amazon("ec2").describe_vpc_endpoints(VpcEndpointIds=[their_endpoint])["VpcEndpoints"]
    code, told, said = fruits("cloud", "destroy", "emr-serverless", "--yes")
    assert (code, f"left        bucket {BUCKET} and its stack, kept" in told) == (0, True), said
    assert amazon("s3").head_object(Bucket=BUCKET, Key="raw/Test/Apple Red 1/0003.jpg")
    code, told, _ = fruits("cloud", "destroy", "emr-serverless", "--yes", "--with-data")
    assert (code, told.splitlines()[-1]) == (0, "nothing is left")
    assert BUCKET not in {each["Name"] for each in amazon("s3").list_buckets()["Buckets"]}
    assert alive(amazon, theirs)


def test_a_bucket_of_that_name_without_our_tag_is_not_emptied(fruits, amazon):
    amazon("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    amazon("s3").put_object(Bucket=BUCKET, Key="raw/a.jpg", Body=b"a")
    code, _, told = fruits("cloud", "destroy", "emr", "--yes", "--with-data")
    assert (code, "it is left alone" in told) == (1, True)
    assert amazon("s3").head_object(Bucket=BUCKET, Key="raw/a.jpg")


def test_without_yes_one_is_asked_and_nothing_is_removed(fruits, deployed, amazon, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, _, _ = fruits("cloud", "destroy", "emr")
    assert code != 0
    (there,) = amazon("cloudformation").describe_stacks(StackName="fruits")["Stacks"]
    assert {p["ParameterKey"]: p["ParameterValue"] for p in there["Parameters"]}["Emr"] == "yes"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch) -> None:
    """Wheels of a few bytes."""
    folder = tmp_path / "wheels-0.1.0-linux-x86_64-0123456789ab"
    folder.mkdir()
    (folder / "bootstrap-emr.sh").write_text("#!/bin/sh\n")
    contents = Contents("d", "0.1.0", "linux-x86_64", "3.11", [], [], {"bootstrap-emr.sh": 10})
    (folder / "wheelhouse.json").write_text(json.dumps(asdict(contents)))
    monkeypatch.setattr(
        "fruits.cli.opening.build_wheelhouse", lambda recipe, output: Wheelhouse(folder, contents)
    )


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch) -> Path:
    """A session-manager-plugin that writes down what it was called with."""
    said = tmp_path / "said.json"
    program = tmp_path / "bin" / "session-manager-plugin"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\nimport json, sys\njson.dump(sys.argv[1:], open({str(said)!r}, 'w'))\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return said


@pytest.fixture
def sessions(monkeypatch) -> list[str]:
    """Sessions of Session Manager, which moto does not have."""
    from fruits.cloud.aws.account import Account

    ended: list[str] = []
    client = Account.client

    class Sessions:
        class meta:  # noqa: N801
            endpoint_url = "https://ssm"

        def start_session(self, **wish):
            return {"SessionId": "s-1", "TokenValue": "t", "StreamUrl": "wss://", "more": 1}

        def terminate_session(self, *, SessionId):  # noqa: N803
            ended.append(SessionId)

    def played(self, service, **given):
        return Sessions() if service == "ssm" else client(self, service, **given)

    monkeypatch.setattr(Account, "client", played)
    return ended


def test_a_demonstration_from_one_command_to_its_end(
    fruits, deployed, amazon, wheels, plugin, sessions
):
    words = ("cloud", "open", "emr", "--release", "emr-7.13.0", "--hours", "1.5")
    code, told, said = fruits(*words)
    assert code == 0, said
    assert told.strip() == "https://localhost:9443"
    (cluster,) = amazon("emr").list_clusters()["Clusters"]
    assert cluster["Name"].startswith("fruits notebook")
    names = {s["Name"] for s in amazon("scheduler").list_schedules(GroupName="fruits")["Schedules"]}
    assert names == {cluster["Id"], f"{cluster['Id']}-door"}
    found = amazon("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    doors = [each for each in found if each["VpcEndpointType"] == "Interface"]
    assert len(doors) == 3
    session, region, verb, _, wish, url = json.loads(plugin.read_text())
    assert json.loads(session) == {"SessionId": "s-1", "TokenValue": "t", "StreamUrl": "wss://"}
    assert (region, verb, url) == (REGION, "StartSession", "https://ssm")
    assert json.loads(wish)["Parameters"]["portNumber"] == ["9443"]
    assert sessions == ["s-1"]
    assert amazon("s3").head_object(
        Bucket=BUCKET,
        Key="fruits/packages/wheels-0.1.0-linux-x86_64-0123456789ab/bootstrap-emr.sh",
    )
    code, told, _ = fruits("cloud", "open", "emr", "--page", "spark")
    assert told.strip() == "http://localhost:18080"
    assert len(amazon("emr").list_clusters()["Clusters"]) == 1
    code, _, _ = fruits("cloud", "destroy", "emr", "--yes")
    assert code == 0
    found = amazon("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    assert [
        e for e in found if e["VpcEndpointType"] == "Interface" and e["State"] != "deleted"
    ] == []


def test_a_dry_demonstration_makes_nothing(fruits, deployed, amazon):
    code, told, _ = fruits("cloud", "open", "emr", "--dry-run", "--json")
    plan = json.loads(told)
    assert code == 0
    assert set(plan) == {"RunJobFlow", "CreateSchedule", "CreateVpcEndpoint"}
    assert amazon("emr").list_clusters()["Clusters"] == []


def test_without_the_plugin_no_cluster_is_paid_for(fruits, deployed, amazon, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    code, _, told = fruits("cloud", "open", "emr")
    assert (code, "session-manager-plugin is not on the PATH" in told) == (1, True)
    assert amazon("emr").list_clusters()["Clusters"] == []


def test_a_demonstration_above_the_budget_is_refused(fruits, deployed, amazon, plugin):
    code, _, told = fruits("cloud", "open", "emr", "--hours", "24")
    assert (code, "more than the budget" in told) == (2, True)
    assert amazon("emr").list_clusters()["Clusters"] == []


def test_what_cannot_be_watched_does_not_stay(
    fruits, deployed, amazon, wheels, plugin, monkeypatch
):
    def refuse(*_: object, **__: object) -> None:
        raise CloudError("no schedule today")

    monkeypatch.setattr("fruits.cloud.aws.notebook.watch_endpoints", refuse)
    code, _, told = fruits("cloud", "open", "emr", "--release", "emr-7.13.0")
    assert (code, "no schedule today" in told) == (1, True)
    (cluster,) = amazon("emr").list_clusters()["Clusters"]
    assert not alive(amazon, cluster["Id"])
    found = amazon("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    assert [
        e for e in found if e["VpcEndpointType"] == "Interface" and e["State"] != "deleted"
    ] == []
    assert amazon("scheduler").list_schedules(GroupName="fruits")["Schedules"] == []
