"""Ends and removes what is ours, and nothing else: tags are read before anything is touched."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fruits.cloud.aws.account import Account
from fruits.cloud.aws.bucket import empty_and_delete, find_bucket
from fruits.cloud.aws.deployment import SWITCHES, Deployment
from fruits.cloud.aws.door import close_door, doors
from fruits.cloud.aws.emr import Emr
from fruits.cloud.aws.launch import LIVE
from fruits.cloud.aws.lay import lay
from fruits.cloud.aws.release import release_groups, stop_application, wait_for_clusters
from fruits.cloud.aws.serverless import Serverless
from fruits.cloud.aws.stack import Note, Stack, remove
from fruits.cloud.aws.wanted import (
    Wanted,
    budget_account,
    budget_name,
    data_name,
    stacks_there,
)
from fruits.cloud.prices import Prices


@dataclass(frozen=True)
class Removal:
    """Something that will be removed, in words, and how."""

    what: str
    act: Callable[[], None]


@dataclass(frozen=True)
class Teardown:
    """What `destroy TARGET` is to do with the deployment of that name."""

    account: Account
    name: str
    target: str
    prices: Prices
    note: Note
    with_data: bool = False

    def removals(self) -> list[Removal]:
        """Look around, and return what would be removed, in the order in which it will be.

        Raises CloudError for a stack or a bucket of that name that is not ours.
        """
        stacks = stacks_there(self.account, self.name)
        for stack in stacks.values():
            stack.check_ours(self.name)
        there = self._deployment(stacks)
        runs = self._clusters(there) if self.target == "emr" else self._jobs(there)
        return [*runs, *self._rules(there), *self._stacks(stacks, there)]

    def _deployment(self, stacks: Mapping[str, Stack]) -> Deployment:
        """Return what is there; of a stack deleted by hand, what it made may still run."""
        stack = stacks.get(self.name)
        outputs, parameters = (stack.outputs, stack.parameters) if stack else ({}, {})
        return Deployment(self.name, self.account.region, outputs, parameters)

    def _clusters(self, there: Deployment) -> list[Removal]:
        emr = Emr(self.account, there, self.prices)
        live = [str(told["Id"]) for told in emr.clusters(states=LIVE)]
        found = [_ending(f"cluster {run}", emr, run) for run in live]
        if live:
            found.append(
                Removal("wait until they are gone", lambda: wait_for_clusters(emr, self.note))
            )
        if ids := sorted(doors(self.account, there).values()):
            what = f"endpoints of Session Manager: {', '.join(ids)}"
            found.append(Removal(what, lambda: close_door(self.account, ids)))
        return found

    def _jobs(self, there: Deployment) -> list[Removal]:
        if "ApplicationId" not in there.outputs:
            return []
        serverless = Serverless(self.account, there, self.prices)
        serverless.check_ours()
        live = [str(told["id"]) for told in serverless.runs(live=True)]
        stop = Removal(
            f"application {there['ApplicationId']}: stopped",
            lambda: stop_application(self.account, there["ApplicationId"]),
        )
        return [*(_ending(f"run {run}", serverless, run) for run in live), stop]

    def _stacks(self, stacks: Mapping[str, Stack], there: Deployment) -> list[Removal]:
        """Return the stack, or the target's part of it, and with the last target the others."""
        others = self._others(there)
        if others and not there.holds(self.target):
            return []
        if others:
            what = f"stack {self.name}: what only {self.target} needs ({', '.join(others)} stays)"
            return [Removal(what, lambda: self._switch_off(stacks))]
        gone = [self.name, budget_name(self.name), *([data_name(self.name)] * self.with_data)]
        found = [self._stack(stacks[name]) for name in gone if name in stacks]
        return [*found, *self._data()]

    def _stack(self, stack: Stack) -> Removal:
        budget = stack.name == budget_name(self.name)
        place = budget_account(self.account) if budget else self.account
        return Removal(f"stack {stack.name}", lambda: remove(place, stack, note=self.note))

    def _others(self, there: Deployment) -> list[str]:
        return [name for name in SWITCHES if name != self.target and there.holds(name)]

    def _rules(self, there: Deployment) -> list[Removal]:
        if self.target != "emr" or not there.holds("emr"):
            return []
        what = "the rules that EMR added to our security groups"
        return [Removal(what, lambda: release_groups(self.account, there))]

    def _switch_off(self, stacks: Mapping[str, Stack]) -> None:
        parameters = {**stacks[self.name].parameters, SWITCHES[self.target]: "no"}
        there = {self.name: parameters}
        requests = Wanted(name=self.name).requests(self.account.region, parameters["Bucket"], there)
        (request,) = (each for _, each in requests if each["StackName"] == self.name)
        lay(self.account, request, deployment=self.name, note=self.note)

    def _data(self) -> list[Removal]:
        bucket = find_bucket(self.account, self.name) if self.with_data else None
        if bucket is None:
            return []
        what = f"bucket {bucket}, with every version of every file in it"
        return [Removal(what, lambda: empty_and_delete(self.account, bucket, note=self.note))]

    def proof(self) -> list[str]:
        """Ask AWS again, and return what still carries our tag, in words."""
        left = [removal.what for removal in self.removals()]
        others = self._others(self._deployment(stacks_there(self.account, self.name)))
        if others and not left:
            left = [f"stack {self.name}, for {', '.join(others)}"]
        bucket = None if self.with_data else find_bucket(self.account, self.name)
        kept = f"bucket {bucket} and its stack, kept: --with-data removes them with the last target"
        return [*left, *([kept] if bucket else [])]


def _ending(what: str, target: Emr | Serverless, run: str) -> Removal:
    def act() -> None:
        target.end(run)

    return Removal(what, act)
