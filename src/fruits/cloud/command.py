"""A request, a package and a size → the one spark-submit command that every cluster is given."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal
from urllib.parse import quote

from fruits.cloud.package import ARCHIVE, LAUNCH
from fruits.cloud.request import Request
from fruits.cloud.size import Size

ENVIRONMENT: Final = "environment"
"""The folder, in every container's own, into which the archive is unpacked."""

PYTHON: Final = f"./{ENVIRONMENT}/bin/python"
TAG: Final = "fruits"

_PLAIN: Final = "/:=,.@_-~"
"""What no shell, no YARN and no JVM in another locale changes; the rest is percent-encoded."""

CHAIN: Final[dict[str, str]] = {
    # Relative: where the container's own folder is, only the container knows.
    "spark.pyspark.python": PYTHON,
    "spark.python.worker.reuse": "true",
    "spark.task.maxFailures": "4",
    # Units are cut for all the slots: wait, but not for long, until the executors are there.
    "spark.scheduler.minRegisteredResourcesRatio": "1.0",
    "spark.scheduler.maxRegisteredResourcesWaitingTime": "30s",
    "spark.executorEnv.FRUITS_WORKER_LOG": "1",
    # Where there is an SQL session at all, it needs no metastore.
    "spark.sql.catalogImplementation": "in-memory",
}
"""What the chain wants of any Spark, whatever its size."""

YARN: Final[dict[str, str]] = {
    "spark.yarn.tags": TAG,
    # A second attempt would skip what the first one rejected, and so hide its exit code 3. A new
    # submission goes on where this one stopped.
    "spark.yarn.maxAppAttempts": "1",
}


DRIVER_ENV: Final = {
    "yarn": "spark.yarn.appMasterEnv",
    "emr-serverless": "spark.emr-serverless.driverEnv",
}


def new_submission() -> str:
    """Name a submission by its time (UTC) and six random hex digits."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


@dataclass(frozen=True, kw_only=True)
class Command:
    """A spark-submit command; `package` is the URI (or path) of the package's folder.

    `model_uri` is where a FILE.onnx lies for a cluster that does not see this machine's disk;
    `region` is AWS', for a network whose only way out is to the S3 of its own region; `extra`
    settings win over ours.
    """

    request: Request
    package: str
    size: Size
    submission: str = field(default_factory=new_submission)
    master: str = "yarn"
    deploy_mode: Literal["cluster", "client"] = "cluster"
    model_uri: str = ""
    region: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    def settings(self) -> dict[str, str]:
        """Return every setting, ours first."""
        settings = CHAIN | self.size.settings()
        if self.master == "yarn":
            settings |= YARN
        if self.region:
            settings |= {f"{process}.AWS_REGION": self.region for process in self.processes}
        return settings | dict(self.extra)

    @property
    def processes(self) -> tuple[str, str]:
        """The settings that give the driver and the executors their environment."""
        return (DRIVER_ENV[self.master], "spark.executorEnv")

    def arguments(self) -> list[str]:
        """Return the command, argument by argument, `spark-submit` first."""
        model = self.model_uri or self.request.model_file
        settings = [part for item in self.settings().items() for part in ("--conf", "=".join(item))]
        return [
            *("spark-submit", "--master", self.master, "--deploy-mode", self.deploy_mode),
            *("--name", f"fruits {self.request.steps} {self.submission}"),
            *("--archives", f"{self.package}/{ARCHIVE}#{ENVIRONMENT}"),
            *(("--files", str(model)) if model else ()),
            *settings,
            f"{self.package}/{LAUNCH}",
            *launch_arguments(self.submission, self.request.arguments()),
        ]


def launch_arguments(submission: str, arguments: Sequence[str]) -> list[str]:
    """Return what launch.py is given: the submission, then the arguments, percent-encoded."""
    return [
        submission,
        *(quote(argument, safe=_PLAIN, errors="surrogateescape") for argument in arguments),
    ]
