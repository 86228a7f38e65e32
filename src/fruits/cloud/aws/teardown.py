"""Ends and removes what is ours, and nothing else: tags are read before anything is touched."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fruits.cloud.aws.account import Account
from fruits.cloud.aws.bucket import empty_and_delete, find_bucket
from fruits.cloud.aws.clusters import GOING, LIVE, our_clusters
from fruits.cloud.aws.deployment import SWITCHES, Deployment, stack_name
from fruits.cloud.aws.ec2 import Ec2
from fruits.cloud.aws.emr import Emr
from fruits.cloud.aws.endpoints import delete_endpoints, endpoints_there
from fruits.cloud.aws.lay import lay
from fruits.cloud.aws.release import (
    release_groups,
    stop_application,
    wait_for_endpoints,
    wait_for_runs,
)
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
from fruits.errors import ConfigError


@dataclass(frozen=True)
class Removal:
    """Something that will be removed, in words, and how."""

    what: str
    act: Callable[[], object]


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
        """Look around, and return what would be removed, in the order in which it must be.

        What costs money goes first; what others wait for is waited for. Raises CloudError for a
        stack or a bucket of that name that is not ours, ConfigError for data that another target
        still needs.
        """
        stacks = stacks_there(self.account, self.name)
        for stack in stacks.values():
            stack.check_ours(self.name)
        there = self._deployment(stacks)
        others = self._others(stacks)
        self._check_data(others)
        parts = {"emr": self._emr, "emr-serverless": self._serverless, "ec2": self._servers}
        return [*parts[self.target](there), *self._stacks(stacks, others), *self._data()]

    def _deployment(self, stacks: Mapping[str, Stack]) -> Deployment:
        """Return what is there; of a stack deleted by hand, what it made may still run."""
        stack = stacks.get(stack_name(self.name, self.target))
        outputs, parameters = (stack.outputs, stack.parameters) if stack else ({}, {})
        return Deployment(self.name, self.account.region, outputs, parameters)

    def _check_data(self, others: list[str]) -> None:
        if self.with_data and others:
            raise ConfigError(
                f"--with-data goes with the last target, and {', '.join(others)} is still deployed "
                "on the same bucket: destroy it first"
            )

    def _emr(self, there: Deployment) -> list[Removal]:
        """Return clusters, the way in, and the wait for both, before the network can go."""
        emr = Emr(self.account, there, self.prices)
        going = our_clusters(self.account, there, states=GOING)
        live = [str(told["Id"]) for told in going if told["Status"]["State"] in LIVE]
        ids = sorted(endpoints_there(self.account, there).values())
        found = [_ending(f"cluster {run}", emr, run) for run in live]
        if ids:
            what = f"endpoints of Session Manager: {', '.join(ids)}"
            found.append(Removal(what, lambda: delete_endpoints(self.account, ids)))
        if going:
            found.append(Removal("(wait until the clusters are gone)", self._wait_for_clusters))
        return [*found, *(self._network(there) if there.holds("emr") else [])]

    def _network(self, there: Deployment) -> list[Removal]:
        def endpoints() -> None:
            wait_for_endpoints(self.account, there, self.note)

        def rules() -> None:
            release_groups(self.account, there)

        return [
            Removal("(wait until the endpoints are gone)", endpoints),
            Removal("rules that EMR added to our security groups", rules),
        ]

    def _wait_for_clusters(self) -> None:
        wait_for_runs(self._clusters_going, self.note)

    def _clusters_going(self) -> list[str]:
        there = Deployment(self.name, self.account.region, {})
        return [str(told["Id"]) for told in our_clusters(self.account, there, states=GOING)]

    def _serverless(self, there: Deployment) -> list[Removal]:
        """Return runs, the wait for their end, and the application, which must be stopped."""
        if "ApplicationId" not in there.outputs:
            return []
        serverless = Serverless(self.account, there, self.prices)
        serverless.check_ours()
        application = there["ApplicationId"]

        def live() -> list[str]:
            return [str(told["id"]) for told in serverless.runs(live=True)]

        def stop() -> None:
            wait_for_runs(live, self.note)  # a run that is being cancelled keeps it from stopping
            stop_application(self.account, application)

        runs = [_ending(f"run {run}", serverless, run) for run in live()]
        return [*runs, Removal(f"application {application}: stopped", stop)]

    def _servers(self, there: Deployment) -> list[Removal]:
        """Return servers, and the wait for their end, before the network can go."""
        ec2 = Ec2(self.account, there, self.prices)
        going = ec2.going()
        found = [_ending(f"server {run}", ec2, run) for run in going]
        if going:
            wait = Removal(
                "(wait until the servers are gone)", lambda: wait_for_runs(ec2.going, self.note)
            )
            found.append(wait)
        return found

    def _stacks(self, stacks: Mapping[str, Stack], others: list[str]) -> list[Removal]:
        """Return the target's stack, or its part of one, and with the last target the rest."""
        own = stacks.get(stack_name(self.name, self.target))
        sharing = [other for other in others if stack_name(self.name, other) == self.name]
        if own and sharing and self.target in SWITCHES:
            what = f"stack {own.name}: what only {self.target} needs ({', '.join(sharing)} stays)"
            switch = Removal(what, lambda: self._switch_off(stacks))
            return [switch] if own.parameters.get(SWITCHES[self.target]) == "yes" else []
        rest = [budget_name(self.name), *([data_name(self.name)] * self.with_data)]
        gone = [*([own.name] if own else []), *(rest if not others else [])]
        return [self._stack(stacks[name]) for name in gone if name in stacks]

    def _stack(self, stack: Stack) -> Removal:
        budget = stack.name == budget_name(self.name)
        place = budget_account(self.account) if budget else self.account
        return Removal(f"stack {stack.name}", lambda: remove(place, stack, note=self.note))

    def _others(self, stacks: Mapping[str, Stack]) -> list[str]:
        """Return the other targets that are deployed."""
        shared = stacks.get(self.name)
        on = {} if shared is None else shared.parameters
        found = [target for target, switch in SWITCHES.items() if on.get(switch) == "yes"]
        found += ["ec2"] * (stack_name(self.name, "ec2") in stacks)
        return [target for target in found if target != self.target]

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
        stacks = stacks_there(self.account, self.name)
        for other in self._others(stacks):
            left.append(f"stack {stack_name(self.name, other)}, for {other}")
        bucket = None if self.with_data else find_bucket(self.account, self.name)
        kept = f"bucket {bucket} and its stack, kept: --with-data removes them with the last target"
        return [*left, *([kept] if bucket else [])]


def _ending(what: str, target: Emr | Serverless | Ec2, run: str) -> Removal:
    return Removal(what, lambda: target.end(run))
