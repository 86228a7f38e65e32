"""EMR Serverless: job runs of the deployment's application, which holds nothing between them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from fruits.choices import ClusterPlatform
from fruits.cloud.aws.account import Account, in_plain_words
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.job_request import MASTER, log_uri, start_request
from fruits.cloud.aws.job_run import ENDED, SERVICE, JobRun
from fruits.cloud.aws.log_files import read_logs
from fruits.cloud.aws.places import check_places, stage_of
from fruits.cloud.aws.run import goes_on, wait_for
from fruits.cloud.aws.stack import TAG
from fruits.cloud.command import Command
from fruits.cloud.prices import Prices
from fruits.cloud.request import Request
from fruits.cloud.target import Outcome, RunStatus
from fruits.errors import CloudError, ConfigError
from fruits.stages.progress import Progress

START_MINUTES: Final = 75.0
"""What may pass before the run's own time begins, an hour in the queue included
(deploy/durable.yaml), for our own patience. The service itself ends a run after its own time."""

PLATFORMS: Final[dict[str, ClusterPlatform]] = {
    "X86_64": "linux-x86_64",
    "ARM64": "linux-aarch64",
}


@dataclass(frozen=True)
class Serverless:
    """EMR Serverless as a target (see target.py); a run has so many `minutes`."""

    account: Account
    deployment: Deployment
    prices: Prices
    minutes: float = 60.0
    master: str = MASTER
    extras: tuple[str, ...] = ()

    @cached_property
    def platform(self) -> str | None:
        """The platform of the application's workers."""
        return PLATFORMS[self.deployment.parameters.get("Architecture", "X86_64")]

    @property
    def region(self) -> str | None:
        """The region whose prices count."""
        return self.account.region

    def check(self, request: Request, *, dry_run: bool) -> Sequence[str]:
        """Refuse places that the job's role does not reach, and a network in a file."""
        self.deployment["ApplicationId"]
        remarks = check_places(request, self.deployment)
        if request.model_file:
            raise ConfigError(
                f"model = {request.config.model!r} cannot be sent to {SERVICE}: nothing there puts "
                "a file beside the driver; take a network that has a name, or `emr`"
            )
        return remarks

    def stage(self, request: Request) -> str:
        """Return the place of packages in the deployment's bucket."""
        return stage_of(self.deployment)

    def plan(self, command: Command) -> Mapping[str, Any]:
        """Return the request that would start the run."""
        return {"StartJobRun": self._request(command)}

    def _request(self, command: Command) -> dict[str, Any]:
        here = replace(command, region=self.account.region)
        return start_request(here, self.deployment, minutes=self.minutes)

    def submit(self, command: Command, progress: Progress, *, wait: bool) -> Outcome:
        """Start the run; the same submission never starts two."""
        request = self._request(command)
        with in_plain_words("starting the run"):
            started = self.account.client(SERVICE).start_job_run(**request)
        run = self._run(str(started["jobRunId"]))
        if not wait:
            return Outcome(run.id, None, goes_on(run))
        progress.note(f"{run.id} of {SERVICE} has been taken")
        output = command.request.config.output
        minutes = self.minutes + START_MINUTES
        return wait_for(run, output, command.submission, progress, minutes=minutes)

    def status(self, run: str | None) -> Sequence[RunStatus]:
        """Return the application's runs, or one of them with what it has cost."""
        if run is None:
            return [_status(told) for told in self.runs()]
        told = self._run(run)
        bill = told.bill()
        cost = f"{bill.euros:.4f} €" if bill else "nothing billed yet"
        return [_status(told.told(), cost)]

    def runs(self, *, live: bool = False) -> list[Mapping[str, Any]]:
        """List the runs of the application, the newest first; with `live`, those not ended."""
        found = self.account.pages(
            SERVICE, "list_job_runs", "jobRuns", applicationId=self.deployment["ApplicationId"]
        )
        kept = [told for told in found if not (live and told["state"] in ENDED)]
        return sorted(kept, key=lambda told: told["createdAt"], reverse=True)

    def logs(self, run: str) -> Iterator[str]:
        """Yield what the driver and the executors wrote, from the bucket."""
        application = self.deployment["ApplicationId"]
        place = f"{log_uri(self.deployment)}applications/{application}/jobs/{run}/"
        return read_logs(place)

    def end(self, run: str) -> str:
        """Cancel a run."""
        self._run(run).end()
        return f"{run} is being ended"

    def page(self, run: str) -> str:
        """Return the address of the run's Spark UI, signed for an hour."""
        with in_plain_words(f"opening the Spark UI of {run}"):
            found = self.account.client(SERVICE).get_dashboard_for_job_run(
                applicationId=self.deployment["ApplicationId"], jobRunId=run
            )
        return str(found["url"])

    def check_ours(self) -> None:
        """Raise CloudError where the application does not carry our tag."""
        with in_plain_words("reading the application"):
            told = self.account.client(SERVICE).get_application(
                applicationId=self.deployment["ApplicationId"]
            )["application"]
        if told.get("tags", {}).get(TAG) != self.deployment.name:
            raise CloudError(f"the application {told['name']} does not carry our tag: left alone")

    def _run(self, run: str) -> JobRun:
        return JobRun(run, self.account, self.deployment, self.prices)


def _status(told: Mapping[str, Any], detail: str = "") -> RunStatus:
    return RunStatus(
        run=str(told.get("id") or told.get("jobRunId")),
        name=str(told.get("name", "")),
        state=str(told["state"]),
        started=f"{told['createdAt']:%Y-%m-%d %H:%M:%S}",
        detail=detail or str(told.get("stateDetails", "")),
    )
