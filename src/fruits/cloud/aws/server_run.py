"""A single server that runs one command: its state, its end, its bill."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from fruits.cloud.aws.account import Account, in_plain_words
from fruits.cloud.aws.bill import Bill, server_bill
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.run import State
from fruits.cloud.aws.watchdog import dismiss
from fruits.cloud.prices import Prices
from fruits.errors import CloudError

TARGET: Final = "ec2"
LIVE: Final = ("pending", "running")
GOING: Final = (*LIVE, "shutting-down", "stopping")
GONE: Final = ("terminated", "stopped")

_WHEN: Final = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")


@dataclass(frozen=True)
class ServerRun:
    """A server with its one run (a Run, see run.py); `id` is the instance's."""

    id: str
    account: Account
    deployment: Deployment
    prices: Prices
    target: str = TARGET

    def told(self) -> Mapping[str, Any]:
        """Return what EC2 says of the server."""
        with in_plain_words(f"asking for {self.id}"):
            found = self.account.client("ec2").describe_instances(InstanceIds=[self.id])
        for reservation in found["Reservations"]:
            server: Mapping[str, Any] = reservation["Instances"][0]
            return server
        raise CloudError(f"there is no server {self.id}: EC2 forgets one an hour after its end")

    def state(self) -> State:
        """Ask for the state; whether the run was a success, only its driver knows."""
        told = self.told()
        name = str(told["State"]["Name"])
        reason = str(told.get("StateReason", {}).get("Message", ""))
        return State(name, ended=name in GONE, reason=reason)

    def end(self) -> None:
        """Terminate the server; its watchdog stays until it has gone."""
        with in_plain_words(f"ending {self.id}"):
            self.account.client("ec2").terminate_instances(InstanceIds=[self.id])
        self.dismiss_watchdog()

    def dismiss_watchdog(self) -> None:
        """Take the watchdog away, if there is nothing left to watch."""
        if self.state().ended:
            dismiss(self.account, self.deployment, self.id)

    def bill(self) -> Bill | None:
        """Return what the server has used."""
        return server_bill(
            self.told(), ended_at(self.told()), region=self.account.region, prices=self.prices
        )


def ended_at(told: Mapping[str, Any]) -> datetime | None:
    """Return when a server ended, which EC2 says in words only; None while it lives."""
    found = _WHEN.search(str(told.get("StateTransitionReason", "")))
    if not found:
        return None
    return datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
