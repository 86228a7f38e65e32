"""EMR on EC2: a cluster for one command, which ends with it, or sooner."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fruits.cloud.aws.account import Account
from fruits.cloud.aws.cluster import RELEASE, step_cluster
from fruits.cloud.aws.cluster_run import ClusterRun
from fruits.cloud.aws.clusters import is_ours, our_clusters
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.door import close_behind, is_for_notebooks
from fruits.cloud.aws.launch import launch
from fruits.cloud.aws.log_files import read_logs
from fruits.cloud.aws.nodes import Nodes
from fruits.cloud.aws.places import check_places, stage_of
from fruits.cloud.aws.run import goes_on, wait_for
from fruits.cloud.aws.stack import TAG
from fruits.cloud.aws.watchdog import END_CLUSTER, end_schedule
from fruits.cloud.command import Command
from fruits.cloud.prices import Prices
from fruits.cloud.request import Request
from fruits.cloud.stage import staged_file, upload_file
from fruits.cloud.target import Outcome, RunStatus
from fruits.cloud.tariffs import EMR_START_MINUTES, IDLE_MINUTES
from fruits.errors import CloudError
from fruits.stages.progress import Progress


@dataclass(frozen=True)
class Emr:
    """EMR on EC2 as a target (see target.py); a run has so many `minutes`, after its start."""

    account: Account
    deployment: Deployment
    prices: Prices
    nodes: Nodes = field(default_factory=Nodes)
    release: str = RELEASE
    minutes: float = 60.0
    master: str = "yarn"
    extras: tuple[str, ...] = ()

    @property
    def platform(self) -> str | None:
        """The platform of the nodes."""
        return f"linux-{self.prices.instance(self.nodes.instance)['arch']}"

    @property
    def lifetime(self) -> float:
        """Minutes after which the watchdog ends the cluster: start, run, and the idle time."""
        return EMR_START_MINUTES + self.minutes + IDLE_MINUTES

    @property
    def region(self) -> str | None:
        """The region whose prices count."""
        return self.account.region

    def check(self, request: Request, *, dry_run: bool) -> Sequence[str]:
        """Refuse places that the nodes' role does not reach."""
        self.deployment["InstanceProfile"]
        return check_places(request, self.deployment, hdfs=True)

    def stage(self, request: Request) -> str:
        """Return the place of packages in the deployment's bucket."""
        return self._stage

    def plan(self, command: Command) -> Mapping[str, Any]:
        """Return the step's command, and the requests that would make cluster and watchdog."""
        file = command.request.model_file
        command = self._here(command, staged_file(file, self._stage) if file else "")
        watchdog, _ = end_schedule(
            END_CLUSTER, self.deployment, "${ClusterId}", minutes=self.lifetime
        )
        return {
            "command": command.arguments(),
            "RunJobFlow": self._request(command),
            "CreateSchedule": watchdog,
        }

    @property
    def _stage(self) -> str:
        return stage_of(self.deployment)

    def _here(self, command: Command, model_uri: str) -> Command:
        return replace(command, model_uri=model_uri, region=self.account.region)

    def _request(self, command: Command) -> dict[str, Any]:
        return step_cluster(
            command, self.deployment, self.nodes, release=self.release, minutes=self.minutes
        )

    def submit(self, command: Command, progress: Progress, *, wait: bool) -> Outcome:
        """Make the cluster, with the command as its only step."""
        file = command.request.model_file
        command = self._here(command, upload_file(file, self._stage) if file else "")
        cluster, at = launch(
            self.account, self.deployment, self._request(command), minutes=self.lifetime
        )
        run = self._run(cluster)
        if not wait:
            return Outcome(cluster, None, goes_on(run))
        progress.note(f"{cluster} is being made; it is ended at {at:%H:%M} UTC at the latest")
        output = command.request.config.output
        ended = wait_for(run, output, command.submission, progress, minutes=self.lifetime)
        run.dismiss_watchdog()
        return ended

    def status(self, run: str | None) -> Sequence[RunStatus]:
        """Return our clusters, or one of them with what it has cost."""
        if run is None:
            return [_status(told) for told in our_clusters(self.account, self.deployment)]
        bill = self.ours(run).bill()
        return [_status(self._run(run).told(), f"{bill.euros:.4f} €" if bill else "")]

    def logs(self, run: str) -> Iterator[str]:
        """Yield what the step and its containers wrote, from the bucket."""
        return read_logs(f"s3://{self.deployment.bucket}/logs/{run}/")

    def end(self, run: str) -> str:
        """Terminate a cluster of ours, and with the last one for notebooks the way in."""
        found = self.ours(run)
        if is_for_notebooks(found.told()):
            close_behind(self.account, self.deployment, run)
        found.end()
        return f"{run} is being ended"

    def ours(self, run: str) -> ClusterRun:
        """Return a cluster by its id; CloudError where it does not carry our tag."""
        found = self._run(run)
        if not is_ours(found.told(), self.deployment):
            raise CloudError(
                f"{run} does not carry the tag {TAG}={self.deployment.name}: it is left alone"
            )
        return found

    def _run(self, cluster: str) -> ClusterRun:
        return ClusterRun(cluster, self.account, self.deployment, self.prices)


def _status(told: Mapping[str, Any], detail: str = "") -> RunStatus:
    status = told["Status"]
    reason = str(status.get("StateChangeReason", {}).get("Message", ""))
    return RunStatus(
        run=str(told["Id"]),
        name=str(told["Name"]),
        state=str(status["State"]),
        started=f"{status['Timeline']['CreationDateTime']:%Y-%m-%d %H:%M:%S}",
        detail=detail or reason,
    )
