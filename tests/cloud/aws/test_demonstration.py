"""A demonstration from one command to its end, against moto's server.

moto makes no machine: where AWS would start a driver, the test starts the very one that was asked
for, with the arguments of the request. Of the templates it knows a part: what it cannot make, the
test makes and names in the stack's outputs (`moto_edition`).
"""

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")
pytest.importorskip("moto", reason="only for tests: pip install 'moto[server]'")

import json
import re

from fruits.errors import CloudError

from aws_play import alive, doors_of, hour_of
from deployed import BUCKET, REGION


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
    assert names == {cluster["Id"], "door"}
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


def test_ending_the_cluster_of_a_demonstration_closes_the_way_in_to_it(
    fruits, deployed, amazon, wheels, plugin, sessions
):
    fruits("cloud", "open", "emr", "--release", "emr-7.13.0", "--no-wait")
    (cluster,) = amazon("emr").list_clusters()["Clusters"]
    assert sorted(doors_of(amazon)) == ["ec2messages", "ssm", "ssmmessages"]
    code, _, _ = fruits("cloud", "destroy", "emr", cluster["Id"])
    assert (code, doors_of(amazon)) == (0, [])
    assert amazon("scheduler").list_schedules(GroupName="fruits")["Schedules"] == []


def test_the_way_in_stays_as_long_as_the_last_of_two_demonstrations(
    fruits, deployed, amazon, wheels, plugin, sessions, monkeypatch
):
    short = ("cloud", "open", "emr", "--release", "emr-7.13.0", "--no-wait")
    _, first, _ = fruits(*short, "--hours", "3")
    monkeypatch.setattr("fruits.cli.opening.find_notebook", lambda *_: None)
    _, second, _ = fruits(*short, "--hours", "1")
    first, second = first.strip(), second.strip()
    assert hour_of(amazon, "door") == hour_of(amazon, first) > hour_of(amazon, second)
    assert len(doors_of(amazon)) == 3
    fruits("cloud", "destroy", "emr", first)
    assert len(doors_of(amazon)) == 3
    assert hour_of(amazon, "door")
    fruits("cloud", "destroy", "emr", second)
    assert doors_of(amazon) == []


def test_opening_again_mends_the_way_in(fruits, deployed, amazon, wheels, plugin, sessions):
    fruits("cloud", "open", "emr", "--release", "emr-7.13.0")
    found = amazon("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    ids = [each["VpcEndpointId"] for each in found if each["VpcEndpointType"] == "Interface"]
    amazon("ec2").delete_vpc_endpoints(VpcEndpointIds=ids)
    assert fruits("cloud", "open", "emr")[0] == 0
    assert len(doors_of(amazon)) == 3
    assert len(amazon("emr").list_clusters()["Clusters"]) == 1


def test_an_endpoint_that_ec2_keeps_is_told(fruits, deployed, amazon, wheels, plugin, monkeypatch):
    from fruits.cloud.aws import endpoints

    class Keeps:
        def delete_vpc_endpoints(self, **_: object) -> dict:
            error = {"Code": "OperationInProgress", "Message": "busy"}
            return {"Unsuccessful": [{"ResourceId": "vpce-1", "Error": error}]}

    class Somebody:
        def client(self, _: str) -> Keeps:
            return Keeps()

    with pytest.raises(CloudError, match=r"vpce-1 goes on and costs money: busy"):
        endpoints.delete_endpoints(Somebody(), ["vpce-1"])


def test_a_dry_demonstration_makes_nothing(fruits, deployed, amazon):
    code, told, said = fruits("cloud", "open", "emr", "--dry-run", "--json", "--hours", "3")
    plan = json.loads(told)
    assert code == 0
    (cost,) = [line for line in said.splitlines() if line.startswith("cost ")]
    hour, most = map(float, re.findall(r"([\d.]+) € (?:an hour|at most)", cost))
    assert most == pytest.approx(3 * hour, abs=0.02)
    assert 0.5 < hour < 2
    assert set(plan) == {"RunJobFlow", "CreateSchedule", "CreateVpcEndpoint"}
    assert amazon("emr").list_clusters()["Clusters"] == []


def test_a_dry_demonstration_above_the_budget_is_refused_as_a_real_one(fruits, deployed):
    code, told, said = fruits("cloud", "open", "emr", "--dry-run", "--budget", "1")
    assert (code, told) == (2, "")
    assert "more than the budget of 1.00 €" in said


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

    monkeypatch.setattr("fruits.cloud.aws.door.watch_door", refuse)
    code, _, told = fruits("cloud", "open", "emr", "--release", "emr-7.13.0")
    assert (code, "no schedule today" in told) == (1, True)
    (cluster,) = amazon("emr").list_clusters()["Clusters"]
    assert not alive(amazon, cluster["Id"])
    assert doors_of(amazon) == []
    left = amazon("scheduler").list_schedules(GroupName="fruits")["Schedules"]
    assert {each["Name"] for each in left} <= {cluster["Id"]}
