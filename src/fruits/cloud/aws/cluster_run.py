"""A cluster of EMR that has been made for one step: its state, its end, its bill."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fruits.cloud.aws.account import Account
from fruits.cloud.aws.bill import Bill, cluster_bill
from fruits.cloud.aws.clusters import GONE, describe
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.launch import terminate
from fruits.cloud.aws.run import State
from fruits.cloud.aws.watchdog import dismiss
from fruits.cloud.prices import Prices

TARGET: Final = "emr"


@dataclass(frozen=True)
class ClusterRun:
    """A cluster with its one step (a Run, see run.py); `id` is the cluster's."""

    id: str
    account: Account
    deployment: Deployment
    prices: Prices
    target: str = TARGET

    def told(self) -> Mapping[str, Any]:
        """Return what EMR says of the cluster."""
        return describe(self.account, self.id)

    def state(self) -> State:
        """Ask for the state: the cluster's until it has gone, and how its step ended."""
        status = self.told()["Status"]
        name = str(status["State"])
        if name not in GONE:
            return State(name)
        step = self._step()
        succeeded = name == "TERMINATED" and step.get("State") == "COMPLETED"
        return State(name, ended=True, succeeded=succeeded, reason=_reason(status, step))

    def _step(self) -> Mapping[str, Any]:
        found = list(self.account.pages("emr", "list_steps", "Steps", ClusterId=self.id))
        status: Mapping[str, Any] = found[0]["Status"] if found else {}
        return status

    def end(self) -> None:
        """Terminate the cluster; its watchdog stays until it has gone."""
        terminate(self.account, self.id)
        self.dismiss_watchdog()

    def dismiss_watchdog(self) -> None:
        """Take the watchdog away, if there is nothing left to watch."""
        if self.state().ended:
            dismiss(self.account, self.deployment, self.id)

    def bill(self) -> Bill | None:
        """Return what its machines have used."""
        instances = self.account.pages("emr", "list_instances", "Instances", ClusterId=self.id)
        return cluster_bill(self.id, instances, region=self.account.region, prices=self.prices)


def _reason(cluster: Mapping[str, Any], step: Mapping[str, Any]) -> str:
    """Say why, the cluster's own words first: of a step it only tells that it failed."""
    change, failure = cluster.get("StateChangeReason", {}), step.get("FailureDetails", {})
    words = [change.get("Message"), failure.get("Reason"), failure.get("Message")]
    told = "; ".join(str(word) for word in words if word)
    return f"{told} ({change['Code']})" if told and change.get("Code") else told
