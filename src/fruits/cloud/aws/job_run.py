"""A job run of EMR Serverless that has been started: its state, its end, its bill."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fruits.cloud.aws.account import Account, in_plain_words
from fruits.cloud.aws.bill import Bill, serverless_bill
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.run import State
from fruits.cloud.prices import Prices

SERVICE: Final = "emr-serverless"
ENDED: Final = {"SUCCESS", "FAILED", "CANCELLED"}


@dataclass(frozen=True)
class JobRun:
    """A job run of the application (a Run, see run.py)."""

    id: str
    account: Account
    deployment: Deployment
    prices: Prices
    target: str = SERVICE

    def told(self) -> Mapping[str, Any]:
        """Return what the service says of it."""
        with in_plain_words(f"asking for {self.id}"):
            found: Mapping[str, Any] = self.account.client(SERVICE).get_job_run(
                applicationId=self.deployment["ApplicationId"], jobRunId=self.id
            )["jobRun"]
        return found

    def state(self) -> State:
        """Ask for the state."""
        told = self.told()
        name = str(told["state"])
        return State(name, name in ENDED, name == "SUCCESS", str(told.get("stateDetails", "")))

    def end(self) -> None:
        """Cancel it."""
        with in_plain_words(f"ending {self.id}"):
            self.account.client(SERVICE).cancel_job_run(
                applicationId=self.deployment["ApplicationId"], jobRunId=self.id
            )

    def bill(self) -> Bill | None:
        """Return what the service has billed."""
        architecture = self.deployment.parameters.get("Architecture", "X86_64")
        return serverless_bill(
            self.told(),
            region=self.account.region,
            architecture=architecture,
            prices=self.prices,
        )
