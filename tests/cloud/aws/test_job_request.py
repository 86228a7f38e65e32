"""What EMR Serverless is asked for, against botocore's own model of the service."""

import re
import shlex
from dataclasses import replace
from datetime import datetime
from urllib.parse import unquote

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")


from fruits.cloud.aws.emr import Emr
from fruits.cloud.aws.job_request import MASTER, settings_of, start_request
from fruits.cloud.aws.serverless import Serverless
from fruits.cloud.size import Size
from fruits.cloud.tariffs import WORKERS_GB
from fruits.errors import ConfigError

from deployed import BUCKET, OUTPUTS, PACKAGE

RUN = "00fabcdefgh12345"
STARTED = {"applicationId": OUTPUTS["ApplicationId"], "jobRunId": RUN, "arn": "a" * 60}


def confs(request: dict) -> dict[str, str]:
    words = shlex.split(request["jobDriver"]["sparkSubmit"]["sparkSubmitParameters"])
    assert set(words[::2]) == {"--conf"}
    return dict(pair.split("=", 1) for pair in words[1::2])


def test_the_request_fits_the_services_model(stubbed, account, deployment, prices, command_for):
    command = command_for(MASTER)
    here = replace(command, region="eu-west-3")
    request = start_request(here, deployment, minutes=60)
    stubbed("emr-serverless").add_response("start_job_run", STARTED, request)
    target = Serverless(account, deployment, prices)
    outcome = target.submit(command, None, wait=False)
    assert (outcome.application, outcome.exit_code) == (RUN, None)
    assert f"fruits cloud destroy emr-serverless {RUN}" in outcome.message


def test_asked_twice_the_token_is_the_same_and_another_submission_has_another(
    deployment, command_for
):
    command = command_for(MASTER)
    first, again = (start_request(command, deployment, minutes=5) for _ in range(2))
    assert first == again
    assert re.fullmatch(r"[0-9a-f]{64}", first["clientToken"])
    object.__setattr__(command, "submission", "other")
    assert start_request(command, deployment, minutes=5)["clientToken"] != first["clientToken"]


def test_a_run_ends_is_tried_once_and_its_logs_stay_in_the_bucket(deployment, command_for):
    request = start_request(command_for(MASTER), deployment, minutes=42.2)
    assert request["executionTimeoutMinutes"] == 43
    assert request["retryPolicy"] == {"maxAttempts": 1}
    assert request["tags"] == {"fruits": "fruits"}
    logs = request["configurationOverrides"]["monitoringConfiguration"]
    assert logs["managedPersistenceMonitoringConfiguration"] == {"enabled": False}
    assert logs["s3MonitoringConfiguration"] == {"logUri": f"s3://{BUCKET}/logs/"}


def test_python_and_libraries_come_from_the_archive_on_driver_and_executors(
    deployment, command_for
):
    settings = confs(start_request(command_for(MASTER), deployment, minutes=5))
    python = "./environment/bin/python"
    for key in ("driverEnv.PYSPARK_DRIVER_PYTHON", "driverEnv.PYSPARK_PYTHON"):
        assert settings[f"spark.emr-serverless.{key}"] == python
    assert settings["spark.executorEnv.PYSPARK_PYTHON"] == python
    assert settings["spark.archives"] == f"{PACKAGE}/environment.tar.gz#environment"
    assert not [key for key in settings if key.startswith("spark.yarn")]


@pytest.mark.parametrize("target", ["emr", "emr-serverless"])
def test_driver_and_executors_know_the_region_whose_s3_is_all_that_they_reach(
    account, deployment, prices, command_for, target
):
    """A network without internet does not reach the S3 that is asked first elsewhere."""
    if target == "emr":
        plan = Emr(account, deployment, prices).plan(command_for("yarn"))
        words = plan["command"]
        found = dict(word.split("=", 1) for word in words if "AWS_REGION" in word)
        process = "spark.yarn.appMasterEnv"
    else:
        plan = Serverless(account, deployment, prices).plan(command_for(MASTER))
        found = confs(plan["StartJobRun"])
        process = "spark.emr-serverless.driverEnv"
    assert found[f"{process}.AWS_REGION"] == "eu-west-3"
    assert found["spark.executorEnv.AWS_REGION"] == "eu-west-3"


def test_the_driver_is_the_launcher_with_the_same_arguments_as_on_yarn(deployment, command_for):
    sent = start_request(command_for(MASTER), deployment, minutes=5)["jobDriver"]["sparkSubmit"]
    on_yarn = command_for("yarn").arguments()
    at = on_yarn.index(f"{PACKAGE}/launch.py")
    assert [sent["entryPoint"], *sent["entryPointArguments"]] == on_yarn[at:]
    assert "run" in [unquote(word) for word in sent["entryPointArguments"]]


@pytest.mark.parametrize("cores", WORKERS_GB)
def test_memory_makes_whole_workers_of_the_kinds_that_there_are(cores, command_for):
    settings = settings_of(command_for(MASTER, Size(executors=1, cores=cores)))
    for process, vcpus in (("driver", 2), ("executor", cores)):
        parts = (settings[f"spark.{process}.{key}"] for key in ("memory", "memoryOverhead"))
        total = sum(int(part.removesuffix("m")) for part in parts)
        least, most, step = WORKERS_GB[vcpus]
        assert total % (1024 * step) == 0
        assert least <= total / 1024 <= most
    assert settings["spark.driver.cores"] == "2"


def test_cores_that_no_worker_has_are_refused(command_for):
    with pytest.raises(ConfigError, match="3 cores: a worker of EMR Serverless has 1, 2, 4, 8, 16"):
        settings_of(command_for(MASTER, Size(executors=1, cores=3)))


def test_a_setting_of_the_users_wins(command_for):
    command = command_for(MASTER)
    object.__setattr__(command, "extra", {"spark.executor.memoryOverhead": "9g"})
    assert settings_of(command)["spark.executor.memoryOverhead"] == "9g"


def test_a_network_in_a_file_is_refused_before_anything_is_asked(
    account, deployment, prices, request_of, tmp_path
):
    file = tmp_path / "net.onnx"
    file.touch()
    target = Serverless(account, deployment, prices)
    with pytest.raises(ConfigError, match="cannot be sent to emr-serverless"):
        target.check(request_of(model=str(file)), dry_run=False)


def test_runs_are_listed_the_newest_first_and_one_with_its_price(
    stubbed, account, deployment, prices
):
    told = {
        "applicationId": OUTPUTS["ApplicationId"], "arn": "a" * 60, "createdBy": "a" * 30,
        "executionRole": "a" * 30, "updatedAt": datetime(2026, 11, 28), "stateDetails": "-",
        "releaseLabel": "emr-spark-8.1.0",
    }  # fmt: skip
    runs = [
        {**told, "id": f"r{day}", "state": state, "createdAt": datetime(2026, 11, day)}
        for day, state in ((1, "SUCCESS"), (3, "RUNNING"), (2, "FAILED"))
    ]
    stub = stubbed("emr-serverless")
    given = {"applicationId": OUTPUTS["ApplicationId"]}
    for _ in range(2):
        stub.add_response("list_job_runs", {"jobRuns": runs}, given)
    one = {
        **told, "jobRunId": RUN, "state": "SUCCESS", "createdAt": datetime(2026, 11, 3),
        "jobDriver": {"sparkSubmit": {"entryPoint": "a"}},
        "billedResourceUtilization": {"vCPUHour": 2.0, "memoryGBHour": 8.0, "storageGBHour": 0.0},
    }  # fmt: skip
    for _ in range(2):
        stub.add_response("get_job_run", {"jobRun": one}, {**given, "jobRunId": RUN})
    target = Serverless(account, deployment, prices)
    assert [each.run for each in target.status(None)] == ["r3", "r2", "r1"]
    assert [each["id"] for each in target.runs(live=True)] == ["r3"]
    (status,) = target.status(RUN)
    euros = (2 * 0.06318 + 8 * 0.00689) * 0.95
    assert status.detail == f"{euros:.4f} €"
