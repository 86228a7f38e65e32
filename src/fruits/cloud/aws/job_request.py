"""A command → the request that starts a job run of EMR Serverless; nothing is asked of AWS here."""

import hashlib
import math
import re
import shlex
from typing import Any, Final

from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.stack import TAG
from fruits.cloud.command import ENVIRONMENT, PYTHON, Command, launch_arguments
from fruits.cloud.package import ARCHIVE, LAUNCH
from fruits.cloud.size import DRIVER_MB, JVM_HEAP_MB
from fruits.cloud.tariffs import DRIVER_VCPUS, worker_gb

MASTER: Final = "emr-serverless"


def start_request(command: Command, deployment: Deployment, *, minutes: float) -> dict[str, Any]:
    """Return the arguments of `StartJobRun`.

    The token is made of the submission: asked twice, AWS starts one run. A failed run is not tried
    again, since a second attempt would skip what the first one rejected, and hide it.
    """
    name = f"fruits {command.request.steps} {command.submission}"
    return {
        "applicationId": deployment["ApplicationId"],
        "clientToken": hashlib.sha256(name.encode()).hexdigest(),
        "executionRoleArn": deployment["JobRoleArn"],
        "executionTimeoutMinutes": math.ceil(minutes),
        "name": name,
        "tags": {TAG: deployment.name},
        "retryPolicy": {"maxAttempts": 1},
        "jobDriver": {"sparkSubmit": spark_submit(command)},
        "configurationOverrides": {
            "monitoringConfiguration": {
                "managedPersistenceMonitoringConfiguration": {"enabled": False},
                "s3MonitoringConfiguration": {"logUri": log_uri(deployment)},
            }
        },
    }


def spark_submit(command: Command) -> dict[str, Any]:
    """Return the driver: the same launcher, archive and settings as on any other cluster."""
    settings = settings_of(command)
    pairs = [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
    return {
        "entryPoint": f"{command.package}/{LAUNCH}",
        "entryPointArguments": launch_arguments(command.submission, command.request.arguments()),
        "sparkSubmitParameters": " ".join(_word(word) for word in pairs),
    }


def settings_of(command: Command) -> dict[str, str]:
    """Return Spark's settings: Python from the archive, and memory that makes whole workers."""
    size = command.size
    python = {
        f"spark.emr-serverless.driverEnv.{name}": PYTHON
        for name in ("PYSPARK_DRIVER_PYTHON", "PYSPARK_PYTHON")
    }
    ours = {
        "spark.archives": f"{command.package}/{ARCHIVE}#{ENVIRONMENT}",
        **python,
        "spark.executorEnv.PYSPARK_PYTHON": PYTHON,
        "spark.driver.cores": str(DRIVER_VCPUS),
        "spark.driver.memoryOverhead": _overhead(DRIVER_VCPUS, DRIVER_MB),
        "spark.executor.memoryOverhead": _overhead(size.cores, size.executor_mb),
    }
    return {**command.settings(), **ours, **command.extra}


def _word(word: str) -> str:
    """Quote a word only where it must be: how the service reads quotes is written nowhere."""
    return shlex.quote(word) if re.search(r"[\s'\"\\]", word) else word


def _overhead(vcpus: int, memory_mb: int) -> str:
    """What a whole worker has beside the JVM's heap: it is paid for in any case."""
    return f"{worker_gb(vcpus, memory_mb) * 1024 - JVM_HEAP_MB}m"


def log_uri(deployment: Deployment) -> str:
    """Return the place of the logs."""
    return f"s3://{deployment.bucket}/logs/"
