"""The clusters that EMR is asked for, against botocore's own model, and their brakes."""

import json
import re

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")


from fruits.cloud.aws.cluster import RELEASE, step_arguments, step_cluster
from fruits.cloud.aws.endpoints import SERVICES, endpoint_requests
from fruits.cloud.aws.nodes import Nodes, nodes_for
from fruits.cloud.aws.notebook import Notebook
from fruits.cloud.aws.watchdog import END_CLUSTER, end_schedule
from fruits.cloud.size import Size
from fruits.errors import ConfigError

from deployed import BUCKET, OUTPUTS

CLUSTER = {"JobFlowId": "j-1", "ClusterArn": "arn:aws:elasticmapreduce:cluster"}


@pytest.fixture
def notebook(account, deployment):
    return Notebook(
        account=account,
        deployment=deployment,
        nodes=Nodes(),
        size=Size(executors=4, cores=3),
        wheels=f"s3://{BUCKET}/fruits/packages/wheels-1",
        minutes=120,
    )


@pytest.fixture
def step(command_for, deployment):
    return step_cluster(command_for("yarn"), deployment, Nodes(spot=2), release=RELEASE, minutes=60)


@pytest.fixture(params=["step", "notebook"])
def cluster(request, step, notebook) -> dict:
    """Each of the two clusters that there are."""
    return step if request.param == "step" else notebook.plan()["RunJobFlow"]


def test_the_request_fits_the_services_model(stubbed, account, cluster):
    stubbed("emr").add_response("run_job_flow", CLUSTER, cluster)
    assert account.client("emr").run_job_flow(**cluster)["JobFlowId"] == "j-1"


def test_with_spot_nodes_the_driver_stays_on_the_others(command_for, deployment, step):
    (yarn,) = (each for each in step["Configurations"] if each["Classification"] == "yarn-site")
    label = "yarn.node-labels.am.default-node-label-expression"
    assert yarn["Properties"]["yarn.node-labels.enabled"] == "true"
    assert yarn["Properties"][label] == "CORE"
    on_demand = step_cluster(command_for("yarn"), deployment, Nodes(), release=RELEASE, minutes=60)[
        "Configurations"
    ]
    assert label not in on_demand[0]["Properties"]


def test_the_step_is_the_command_of_any_hadoop_cluster_under_a_timer(step, command_for):
    (only,) = step["Steps"]
    timer, kill, seconds, *command = only["HadoopJarStep"]["Args"]
    assert (timer, kill, seconds) == ("timeout", "--kill-after=60s", "3600s")
    assert command == command_for("yarn").arguments()
    assert only["ActionOnFailure"] == "TERMINATE_CLUSTER"
    assert only["HadoopJarStep"]["Jar"] == "command-runner.jar"


def test_the_timer_is_never_shorter_than_what_was_asked(command_for):
    assert step_arguments(command_for("yarn"), 0.501)[2] == "31s"


def test_a_cluster_for_a_step_ends_with_it_and_one_for_notebooks_waits(step, notebook):
    assert step["Instances"]["KeepJobFlowAliveWhenNoSteps"] is False
    asked = notebook.plan()["RunJobFlow"]
    assert asked["Instances"]["KeepJobFlowAliveWhenNoSteps"] is True
    assert {"Name": "JupyterHub"} in asked["Applications"]


def test_every_cluster_ends_itself_after_fifteen_minutes_idle_and_may_be_ended(cluster):
    assert cluster["AutoTerminationPolicy"] == {"IdleTimeout": 900}
    assert cluster["Instances"]["TerminationProtected"] is False


def test_only_task_nodes_are_on_spot(step):
    markets = {g["InstanceRole"]: g["Market"] for g in step["Instances"]["InstanceGroups"]}
    assert markets == {"MASTER": "ON_DEMAND", "CORE": "ON_DEMAND", "TASK": "SPOT"}
    counts = {g["InstanceRole"]: g["InstanceCount"] for g in step["Instances"]["InstanceGroups"]}
    assert counts == {"MASTER": 1, "CORE": 2, "TASK": 2}


@pytest.mark.parametrize("spot", [-1, 4, 5])
def test_a_cluster_without_a_core_node_is_refused(spot):
    with pytest.raises(ConfigError, match=f"spot = {spot}"):
        Nodes(workers=4, spot=spot)


def test_there_is_no_key_no_open_group_and_disks_are_encrypted(cluster):
    instances = cluster["Instances"]
    assert "Ec2KeyName" not in instances
    assert cluster["SecurityConfiguration"] == OUTPUTS["SecurityConfiguration"]
    assert instances["Ec2SubnetId"] == OUTPUTS["SubnetId"]
    assert instances["EmrManagedMasterSecurityGroup"] == OUTPUTS["PrimarySecurityGroup"]
    assert instances["ServiceAccessSecurityGroup"] == OUTPUTS["ServiceAccessSecurityGroup"]
    assert not [key for key in instances if key.startswith("Additional")]


def test_every_cluster_carries_our_tag_and_the_one_that_the_managed_policy_wants(cluster):
    tags = {tag["Key"]: tag["Value"] for tag in cluster["Tags"]}
    assert tags["fruits"] == "fruits"
    assert tags["for-use-with-amazon-emr-managed-policies"] == "true"


def test_logs_stay_in_the_deployments_bucket(cluster):
    assert cluster["LogUri"] == f"s3://{BUCKET}/logs/"


def test_notebooks_find_the_wheels_python_and_networks_on_driver_and_workers(notebook):
    asked = notebook.plan()["RunJobFlow"]
    (action,) = asked["BootstrapActions"]
    script = action["ScriptBootstrapAction"]
    assert script["Path"] == f"s3://{BUCKET}/fruits/packages/wheels-1/bootstrap-emr.sh"
    assert script["Args"] == [f"s3://{BUCKET}/fruits/packages/wheels-1", "/opt/fruits"]
    found = {each["Classification"]: each for each in asked["Configurations"]}
    spark = found["spark-defaults"]["Properties"]
    python = "/opt/fruits/venv/bin/python"
    for key in ("spark.pyspark.python", "spark.pyspark.driver.python"):
        assert spark[key] == python
    for process in ("spark.yarn.appMasterEnv", "spark.executorEnv"):
        assert spark[f"{process}.FRUITS_PACKAGED"] == "/opt/fruits/networks"
        assert spark[f"{process}.AWS_REGION"] == "eu-west-3"
    (exports,) = found["spark-env"]["Configurations"]
    assert set(exports["Properties"].values()) == {python}
    assert spark["spark.executor.cores"] == "3"


def test_the_watchdog_is_one_call_at_one_hour_and_fits_its_services_model(
    stubbed, account, deployment
):
    asked, at = end_schedule(END_CLUSTER, deployment, "j-1", minutes=85)
    stubbed("scheduler").add_response("create_schedule", {"ScheduleArn": "arn"}, asked)
    account.client("scheduler").create_schedule(**asked)
    assert asked["ScheduleExpression"] == f"at({at:%Y-%m-%dT%H:%M:%S})"
    assert asked["ActionAfterCompletion"] == "DELETE"
    target = asked["Target"]
    assert re.fullmatch(r"arn:aws:scheduler:::aws-sdk:emr:terminateJobFlows", target["Arn"])
    assert json.loads(target["Input"]) == {"JobFlowIds": ["j-1"]}
    assert target["RoleArn"] == OUTPUTS["WatchdogRoleArn"]


def test_the_way_in_is_three_endpoints_of_ours_in_our_subnet(stubbed, account, deployment):
    asked = endpoint_requests(deployment)
    services = [request["ServiceName"] for request in asked]
    assert services == [f"com.amazonaws.eu-west-3.{name}" for name in SERVICES]
    stub = stubbed("ec2")
    for request in asked:
        stub.add_response("create_vpc_endpoint", {"VpcEndpoint": {}}, request)
        account.client("ec2").create_vpc_endpoint(**request)
        (tags,) = request["TagSpecifications"]
        assert tags["Tags"] == [{"Key": "fruits", "Value": "fruits"}]


def test_nodes_are_as_many_as_the_slots_need_with_a_vcpu_kept_free(prices):
    assert nodes_for("m5.xlarge", Size(executors=4, cores=3), prices).workers == 4
    assert nodes_for("m5.xlarge", Size(executors=5, cores=2), prices).workers == 4
    assert nodes_for("m7g.xlarge", Size(executors=1, cores=1), prices).workers == 1


@pytest.mark.parametrize(
    "size", [Size(executors=1, cores=5), Size(executors=1, cores=8, backend="tensorflow")]
)
def test_executors_larger_than_a_node_are_refused(size, prices):
    with pytest.raises(ConfigError, match=r"does not fit on m5\.xlarge"):
        nodes_for("m5.xlarge", size, prices)
