"""A command → the request for a cluster of EMR that runs it and ends; nothing is asked here."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.nodes import Nodes
from fruits.cloud.aws.stack import TAG
from fruits.cloud.command import Command
from fruits.cloud.tariffs import IDLE_MINUTES, ROOT_GB

RELEASE: Final = "emr-7.14.0"
"""Spark 3.5, Hadoop 3.4.2, Python 3.11, JupyterHub and Livy; standard support until 2028-09-08."""

KILL_AFTER: Final = "60s"

MANAGED: Final = {"for-use-with-amazon-emr-managed-policies": "true"}
"""The tag without which AmazonEMRServicePolicy_v2 lets the service do nothing."""


def step_cluster(
    command: Command, deployment: Deployment, nodes: Nodes, *, release: str, minutes: float
) -> dict[str, Any]:
    """Return the arguments of `RunJobFlow` for a cluster that runs one command and ends with it."""
    step = {
        "Name": f"fruits {command.request.steps}",
        "ActionOnFailure": "TERMINATE_CLUSTER",
        "HadoopJarStep": {"Jar": "command-runner.jar", "Args": step_arguments(command, minutes)},
    }
    cluster = base_cluster(command.submission, deployment, nodes, release=release)
    cluster |= {"Applications": applications("Hadoop", "Spark"), "Steps": [step]}
    cluster["Instances"]["KeepJobFlowAliveWhenNoSteps"] = False
    return cluster


def step_arguments(command: Command, minutes: float) -> list[str]:
    """Return the step: the very command of any Hadoop cluster, under a timer that EMR lacks."""
    return [
        "timeout",
        f"--kill-after={KILL_AFTER}",
        f"{math.ceil(minutes * 60)}s",
        *command.arguments(),
    ]


def base_cluster(
    submission: str, deployment: Deployment, nodes: Nodes, *, release: str
) -> dict[str, Any]:
    """Return what every cluster of ours has: where it lies, who it is, and its brakes."""
    tags = {TAG: deployment.name, **MANAGED}
    return {
        "Name": f"fruits {submission}",
        "ReleaseLabel": release,
        "LogUri": f"s3://{deployment.bucket}/logs/",
        "ServiceRole": deployment["ServiceRoleArn"],
        "JobFlowRole": deployment["InstanceProfile"],
        "SecurityConfiguration": deployment["SecurityConfiguration"],
        "AutoTerminationPolicy": {"IdleTimeout": int(IDLE_MINUTES * 60)},
        "ScaleDownBehavior": "TERMINATE_AT_TASK_COMPLETION",
        "EbsRootVolumeSize": ROOT_GB,
        "Configurations": [_yarn_site(nodes), _capacity_scheduler()],
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        "Instances": {
            "InstanceGroups": nodes.groups(),
            "Ec2SubnetId": deployment["SubnetId"],
            "EmrManagedMasterSecurityGroup": deployment["PrimarySecurityGroup"],
            "EmrManagedSlaveSecurityGroup": deployment["WorkerSecurityGroup"],
            "ServiceAccessSecurityGroup": deployment["ServiceAccessSecurityGroup"],
            "TerminationProtected": False,
        },
    }


def applications(*names: str) -> list[dict[str, str]]:
    """Name the applications to install."""
    return [{"Name": name} for name in names]


def _yarn_site(nodes: Nodes) -> dict[str, Any]:
    """Have YARN know a node's vCPUs, and keep the driver off nodes that may be taken away."""
    labels = {
        "yarn.node-labels.enabled": "true",
        "yarn.node-labels.am.default-node-label-expression": "CORE",
    }
    vcpus = {"yarn.nodemanager.resource.cpu-vcores": str(nodes.vcpus)}
    return configuration("yarn-site", vcpus | (labels if nodes.spot else {}))


def _capacity_scheduler() -> dict[str, Any]:
    """Have YARN count vCPUs too: by memory alone it would put two executors on one node."""
    calculator = "org.apache.hadoop.yarn.util.resource.DominantResourceCalculator"
    return configuration(
        "capacity-scheduler", {"yarn.scheduler.capacity.resource-calculator": calculator}
    )


def configuration(
    name: str, properties: Mapping[str, str], inner: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Return a classification of EMR's, with those inside of it."""
    found: dict[str, Any] = {"Classification": name, "Properties": dict(properties)}
    return found | ({"Configurations": list(inner)} if inner else {})
