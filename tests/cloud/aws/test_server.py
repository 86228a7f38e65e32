"""A single server: what EC2 is asked for, and whole lives against moto's server."""

import base64
import json
import shutil
import subprocess

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")
pytest.importorskip("moto", reason="only for tests: pip install 'moto[server]'")

from fruits.cloud.aws import ec2
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.ec2 import Ec2
from fruits.cloud.aws.server_request import MASTER, USER_DATA_BYTES
from fruits.cloud.deploy_files import deploy_file
from fruits.errors import CloudError, ConfigError

from aws_play import PHOTOS, drive, plays, report_of, submit
from deployed import BUCKET, OUTPUTS, REGION

SERVER = OUTPUTS | {"ServerProfile": "fruits-server", "ServerSecurityGroup": "sg-00000000000000009"}


@pytest.fixture
def target(account, prices) -> Ec2:
    return Ec2(account, Deployment("fruits", REGION, SERVER), prices, spot=True)


@pytest.fixture
def request_(target, command_for) -> dict:
    return target.plan(command_for(MASTER))["RunInstances"]


def cloud_config(request: dict) -> dict:
    head, _, told = request["UserData"].partition("\n")
    assert head == "#cloud-config"
    return json.loads(told)


def test_the_request_fits_the_services_model(stubbed, account, request_):
    encoded = {key: value for key, value in request_.items() if key != "UserData"}
    stubbed("ec2").add_response("run_instances", {"Instances": []}, encoded)
    account.client("ec2").run_instances(**encoded)


def test_there_is_no_key_no_address_and_disks_and_credentials_are_guarded(request_):
    assert not {"KeyName", "NetworkInterfaces", "Ipv6AddressCount"} & set(request_)
    assert request_["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    (disk,) = request_["BlockDeviceMappings"]
    assert (disk["Ebs"]["Encrypted"], disk["Ebs"]["DeleteOnTermination"]) == (True, True)
    assert request_["InstanceInitiatedShutdownBehavior"] == "terminate"
    assert request_["InstanceMarketOptions"]["SpotOptions"]["SpotInstanceType"] == "one-time"
    for tagged in request_["TagSpecifications"]:
        assert {"Key": "fruits", "Value": "fruits"} in tagged["Tags"]


def test_asked_twice_there_is_one_server(target, command_for):
    tokens = {target.plan(command_for(MASTER))["RunInstances"]["ClientToken"] for _ in range(2)}
    assert len(tokens) == 1
    assert len(tokens.pop()) == 64


def test_cloud_init_writes_the_script_and_calls_it_once_with_the_region(request_, command_for):
    told = cloud_config(request_)
    assert set(told) == {"write_files", "runcmd"}
    (file,) = told["write_files"]
    assert file["content"] == deploy_file("server.sh").read_text()
    assert file["permissions"] == "0755"
    (call,) = told["runcmd"]
    assert call[:4] == ["env", f"AWS_REGION={REGION}", f"AWS_DEFAULT_REGION={REGION}", file["path"]]
    package, logs, minutes, submission, *arguments = call[4:]
    command = command_for(MASTER)
    assert (package, submission, minutes) == (command.package, command.submission, "60")
    assert logs == f"s3://{BUCKET}/logs/servers/{submission}"
    assert arguments[0] == "run"
    assert arguments[-4:] == ["--runner", "spark", "--master", "local%5B%2A%5D"]
    assert len(request_["UserData"].encode()) < USER_DATA_BYTES


@pytest.mark.skipif(not shutil.which("cloud-init"), reason="apt-get install cloud-init")
def test_cloud_init_itself_finds_nothing_to_complain_of(request_, tmp_path):
    file = tmp_path / "user-data"
    file.write_text(request_["UserData"], encoding="utf-8")
    command = ["cloud-init", "schema", "--config-file", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "Valid" in done.stdout) == (0, True), done.stdout + done.stderr


def test_an_arm_server_has_an_arm_image_and_an_arm_package(account, prices, command_for):
    target = Ec2(account, Deployment("fruits", REGION, SERVER), prices, instance="m7g.xlarge")
    assert target.platform == "linux-aarch64"
    request = target.plan(command_for(MASTER))["RunInstances"]
    assert request["ImageId"].endswith("al2023-ami-kernel-default-arm64")
    assert "InstanceMarketOptions" not in request


def test_a_network_in_a_file_is_refused(target, request_of, tmp_path):
    file = tmp_path / "net.onnx"
    file.touch()
    with pytest.raises(ConfigError, match="cannot be sent to ec2"):
        target.check(request_of(model=str(file)), dry_run=False)


@pytest.fixture
def with_servers(fruits, moto_edition, amazon, photos_of, monkeypatch) -> str:
    """A deployment for single servers alone, with photos, and moto's own image; their URI."""
    code, _, told = fruits("cloud", "deploy", "ec2", "--email", "somebody@example.org")
    assert code == 0, told
    image = amazon("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    monkeypatch.setattr("fruits.cloud.aws.server_request.IMAGE", image)
    return photos_of()


def instances(amazon) -> list[dict]:
    found = amazon("ec2").describe_instances()["Reservations"]
    return [each for reservation in found for each in reservation["Instances"]]


def groups(amazon, name: str) -> list[str]:
    told = amazon("scheduler").list_schedules(GroupName=name)["Schedules"]
    return [each["Name"] for each in told]


@pytest.mark.slow
def test_a_run_on_a_server_from_submission_to_its_price_in_the_report(
    fruits, with_servers, spark_package, amazon, monkeypatch
):
    seen: dict[str, object] = {}

    def machine(run) -> None:
        told = amazon("ec2").describe_instance_attribute(InstanceId=run.id, Attribute="userData")
        text = base64.b64decode(told["UserData"]["Value"]).decode()
        (call,) = json.loads(text.partition("\n")[2])["runcmd"]
        assert drive([word for word in call[7:] if word not in {"--runner", "spark"}][:-2]) == 0
        seen["watched"] = groups(amazon, "fruits-server")
        amazon("ec2").terminate_instances(InstanceIds=[run.id])

    plays(monkeypatch, ec2, machine)
    out = f"s3://{BUCKET}/out/server été"
    code, told, said = submit(fruits, "ec2", spark_package, with_servers, out)
    assert code == 0, said
    (made,) = instances(amazon)
    assert seen["watched"] == [made["InstanceId"]]
    assert groups(amazon, "fruits-server") == []
    report = report_of(amazon, out)
    assert report["cost"]["target"] == "ec2"
    assert report["images"]["featurised"] == PHOTOS
    code, told, _ = fruits("cloud", "status", "ec2", "--json")
    (row,) = json.loads(told)
    assert (row["run"], row["state"]) == (made["InstanceId"], "terminated")


def test_a_server_can_be_left_looked_at_read_and_ended(fruits, with_servers, spark_package, amazon):
    code, told, said = submit(
        fruits, "ec2", spark_package, with_servers, f"s3://{BUCKET}/out/a", "--no-wait"
    )
    assert code == 0, said
    run = told.strip()
    assert f"fruits cloud destroy ec2 {run}" in said
    assert hour_of_server(amazon, run)
    tags = {tag["Key"]: tag["Value"] for tag in instances(amazon)[0]["Tags"]}
    key = f"logs/servers/{tags['fruits-submission']}/server.log"
    amazon("s3").put_object(Bucket=BUCKET, Key=key, Body=b"fruits: ended with 0\n")
    code, told, _ = fruits("cloud", "logs", "ec2", run)
    assert (code, told) == (0, "==> server.log <==\nfruits: ended with 0\n")
    assert "running" in fruits("cloud", "status", "ec2")[1]
    assert fruits("cloud", "destroy", "ec2", run)[0] == 0
    assert instances(amazon)[0]["State"]["Name"] == "terminated"


def hour_of_server(amazon, run: str) -> str:
    told = amazon("scheduler").get_schedule(Name=run, GroupName="fruits-server")
    assert json.loads(told["Target"]["Input"]) == {"InstanceIds": [run]}
    return told["ScheduleExpression"]


def test_a_server_that_cannot_be_watched_is_ended_at_once(
    fruits, with_servers, spark_package, amazon, monkeypatch
):
    def refuse(*_: object, **__: object) -> None:
        raise CloudError("no schedule today")

    monkeypatch.setattr(ec2, "watch", refuse)
    code, _, told = submit(fruits, "ec2", spark_package, with_servers, f"s3://{BUCKET}/out/b")
    assert (code, "no schedule today" in told) == (1, True)
    assert [each["State"]["Name"] for each in instances(amazon)] == ["terminated"]


def test_destroying_ends_our_servers_and_leaves_others_and_other_targets(
    fruits, with_servers, spark_package, amazon
):
    image = amazon("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    theirs = amazon("ec2").run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]
    fruits("cloud", "deploy", "emr-serverless")
    _, told, _ = submit(
        fruits, "ec2", spark_package, with_servers, f"s3://{BUCKET}/out/c", "--no-wait"
    )
    ours = told.strip()
    code, _, told = fruits("cloud", "destroy", "ec2", theirs["InstanceId"])
    assert (code, "it is left alone" in told) == (1, True)
    code, told, said = fruits("cloud", "destroy", "ec2", "--yes")
    assert code == 0, said
    states = {each["InstanceId"]: each["State"]["Name"] for each in instances(amazon)}
    assert states == {ours: "terminated", theirs["InstanceId"]: "running"}
    assert "left        stack fruits, for emr-serverless" in told
    names = {each["StackName"] for each in amazon("cloudformation").describe_stacks()["Stacks"]}
    assert names == {"fruits", "fruits-data", "fruits-budget"}


def test_options_of_clusters_say_nothing_to_a_server(fruits, with_servers, spark_package):
    for options in (("--executors", "3"), ("--conf", "a=b"), ("--release", "emr-7.13.0")):
        code, _, told = submit(
            fruits, "ec2", spark_package, with_servers, f"s3://{BUCKET}/out/d", *options
        )
        assert (code, "says nothing to ec2" in told) == (2, True)
