"""One server of EC2: Spark on all its cores, the run, and its own end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fruits.cloud.aws.account import Account, in_plain_words
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.log_files import read_logs
from fruits.cloud.aws.places import check_places, stage_of
from fruits.cloud.aws.run import goes_on, wait_for
from fruits.cloud.aws.server_request import MASTER, SUBMISSION, Machine, log_uri, server_request
from fruits.cloud.aws.server_run import GOING, ServerRun
from fruits.cloud.aws.stack import TAG
from fruits.cloud.aws.watchdog import END_SERVER, end_schedule, watch
from fruits.cloud.command import Command
from fruits.cloud.prices import Prices
from fruits.cloud.request import Request
from fruits.cloud.target import Outcome, RunStatus
from fruits.cloud.tariffs import SERVER_START_MINUTES
from fruits.errors import CloudError, ConfigError
from fruits.stages.progress import Progress

LATE_MINUTES: Final = 5.0
"""What AWS' watchdog leaves to the server's own timer, which ends it first."""


@dataclass(frozen=True)
class Ec2:
    """A single server as a target (see target.py); a run has so many `minutes`, after its start."""

    account: Account
    deployment: Deployment
    prices: Prices
    instance: str = "m5.xlarge"
    spot: bool = False
    minutes: float = 60.0
    master: str = MASTER
    extras: tuple[str, ...] = ("spark",)

    @property
    def platform(self) -> str | None:
        """The platform of the server."""
        return f"linux-{self._arch}"

    @property
    def _arch(self) -> str:
        return str(self.prices.instance(self.instance)["arch"])

    @property
    def region(self) -> str | None:
        """The region whose prices count."""
        return self.account.region

    @property
    def lifetime(self) -> float:
        """Minutes after which the watchdog ends the server: start, run, and some more."""
        return SERVER_START_MINUTES + self.minutes + LATE_MINUTES

    def check(self, request: Request, *, dry_run: bool) -> Sequence[str]:
        """Refuse places that the server's role does not reach, and a network in a file."""
        self.deployment["ServerProfile"]
        remarks = check_places(request, self.deployment)
        if request.model_file:
            raise ConfigError(
                f"model = {request.config.model!r} cannot be sent to ec2: only the package goes "
                "there; take a network that has a name, or `emr`"
            )
        return remarks

    def stage(self, request: Request) -> str:
        """Return the place of packages in the deployment's bucket."""
        return stage_of(self.deployment)

    def plan(self, command: Command) -> Mapping[str, Any]:
        """Return the requests that would make the server and its watchdog."""
        watchdog, _ = end_schedule(
            END_SERVER, self.deployment, "${InstanceId}", minutes=self.lifetime
        )
        return {"RunInstances": self._request(command), "CreateSchedule": watchdog}

    def _request(self, command: Command) -> dict[str, Any]:
        machine = Machine(self.instance, self._arch, self.spot)
        return server_request(command, self.deployment, machine, minutes=self.minutes)

    def submit(self, command: Command, progress: Progress, *, wait: bool) -> Outcome:
        """Make the server, which does the rest by itself."""
        run, at = self._launch(self._request(command))
        if not wait:
            return Outcome(run.id, None, goes_on(run))
        progress.note(f"{run.id} is being made; it is ended at {at:%H:%M} UTC at the latest")
        output = command.request.config.output
        ended = wait_for(run, output, command.submission, progress, minutes=self.lifetime)
        run.dismiss_watchdog()
        return ended

    def _launch(self, request: Mapping[str, Any]) -> tuple[ServerRun, datetime]:
        """Make one server; one that cannot be watched is ended at once."""
        with in_plain_words("making the server"):
            made = self.account.client("ec2").run_instances(**request)
        run = self._run(str(made["Instances"][0]["InstanceId"]))
        try:
            return run, watch(
                self.account, END_SERVER, self.deployment, run.id, minutes=self.lifetime
            )
        except BaseException:
            run.end()
            raise

    def status(self, run: str | None) -> Sequence[RunStatus]:
        """Return our servers of the last hour, or one of them with what it has cost."""
        if run is None:
            return [_status(told) for told in self.servers()]
        bill = self.ours(run).bill()
        return [_status(self._run(run).told(), f"{bill.euros:.4f} €" if bill else "")]

    def servers(self, *, states: Sequence[str] = ()) -> list[Mapping[str, Any]]:
        """Describe the servers that carry our tags, the newest first."""
        filters = [
            {"Name": f"tag:{TAG}", "Values": [self.deployment.name]},
            {"Name": "tag-key", "Values": [SUBMISSION]},
        ]
        if states:
            filters.append({"Name": "instance-state-name", "Values": list(states)})
        found = self.account.pages("ec2", "describe_instances", "Reservations", Filters=filters)
        servers = [server for reservation in found for server in reservation["Instances"]]
        return sorted(servers, key=lambda told: told["LaunchTime"], reverse=True)

    def going(self) -> list[str]:
        """Return the ids of servers of ours that have not gone."""
        return [str(told["InstanceId"]) for told in self.servers(states=GOING)]

    def logs(self, run: str) -> Iterator[str]:
        """Yield what a server has written; `run` is its id, or its submission after an hour."""
        submission = _tags(self.ours(run).told())[SUBMISSION] if run.startswith("i-") else run
        return read_logs(f"{log_uri(self.deployment, submission)}/")

    def end(self, run: str) -> str:
        """Terminate a server of ours."""
        self.ours(run).end()
        return f"{run} is being ended"

    def ours(self, run: str) -> ServerRun:
        """Return a server by its id; CloudError where it does not carry our tag."""
        found = self._run(run)
        if _tags(found.told()).get(TAG) != self.deployment.name:
            raise CloudError(
                f"{run} does not carry the tag {TAG}={self.deployment.name}: it is left alone"
            )
        return found

    def _run(self, server: str) -> ServerRun:
        return ServerRun(server, self.account, self.deployment, self.prices)


def _tags(told: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in told.get("Tags", ())}


def _status(told: Mapping[str, Any], detail: str = "") -> RunStatus:
    return RunStatus(
        run=str(told["InstanceId"]),
        name=_tags(told).get("Name", ""),
        state=str(told["State"]["Name"]),
        started=f"{told['LaunchTime']:%Y-%m-%d %H:%M:%S}",
        detail=detail or str(told.get("StateTransitionReason", "")),
    )
