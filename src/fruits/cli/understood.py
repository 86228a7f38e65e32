"""Which options say something to which target; the others are refused, with what to use instead."""

from collections.abc import Mapping, Sequence
from typing import Final

import click
from click.core import ParameterSource

from fruits.cli.cloud_options import AWS
from fruits.cli.options import OPTIONS

Understood = Mapping[str, Sequence[str]]
"""Parameter of a command → the targets to which it says something."""

CLUSTERS: Final = ("yarn", "emr-serverless", "emr")

UNDERSTOOD: Final[Understood] = {
    "region": AWS,
    "name": AWS,
    "prices": AWS,
    "budget": AWS,
    "timeout": AWS,
    "images": AWS,
    "images_per_second": AWS,
    "instance": ("emr", "ec2"),
    "spot": ("emr", "ec2"),
    "release": ("emr",),
    "executors": CLUSTERS,
    "cores": CLUSTERS,
    "fixed": CLUSTERS,
    "extra": CLUSTERS,
    "stage": ("yarn",),
    "with_data": AWS,
    "yes": AWS,
}

OF_DEPLOY: Final[Understood] = {"release": ("emr-serverless",), "platform": ("emr-serverless",)}
"""Where `deploy` means something else by an option than the other commands do."""

OF_OPEN: Final[Understood] = dict.fromkeys(
    ("hours", "page", "executors", "cores", "models", "weights", "extras", "budget", "no_wait"),
    ("emr",),
)

OF_ESTIMATE: Final[Understood] = {
    "executors": ("emr-serverless", "emr"),
    "cores": ("emr-serverless", "emr"),
    "platform": ("emr-serverless",),
}

_MACHINE: Final = "the --instance says what the machines are, and m7g.xlarge is an ARM one"

INSTEAD: Final[Mapping[tuple[str, str], str]] = {
    ("executors", "ec2"): "a run has one server, of the type that --instance names",
    ("cores", "ec2"): "a run has all the cores of its server, whose type --instance names",
    ("fixed", "ec2"): "a server is there from beginning to end in any case: leave it out",
    ("extra", "ec2"): "on a server fruits sets Spark by itself: leave it out",
    ("platform", "ec2"): _MACHINE,
    ("platform", "emr"): _MACHINE,
    ("instance", "emr-serverless"): "its workers are sized by --executors and --cores",
    ("spot", "emr-serverless"): "its workers are never on spot: leave it out",
    **{("stage", target): "packages lie in the deployment's bucket" for target in AWS},
}
"""A parameter and a target to which it says nothing → what to use there."""


ONLY_HERE: Final[Mapping[str, str]] = {
    "as_json": "give --json to submit, before the --",
    "page": "leave it out; `fruits report OUTPUT` draws the page here when the run has ended",
}
"""A parameter of a command that is sent, but says how it speaks here → what to do instead."""


def check_understood(target: str, own: Understood | None = None) -> None:
    """Raise UsageError for an option on the command line that says nothing to the target.

    `own` tells of options that this command alone has, or means in its own way.
    """
    context = click.get_current_context()
    for parameter, targets in {**UNDERSTOOD, **(own or {})}.items():
        given = context.get_parameter_source(parameter) == ParameterSource.COMMANDLINE
        if given and target not in targets:
            raise click.UsageError(_refusal(_flag(context, parameter), target, parameter, targets))
    spot = context.params.get("spot") or 0
    if target == "ec2" and spot > 1:
        raise click.UsageError(
            f"--spot {spot} says nothing to ec2, which is one server: --spot 1 takes it on spot; "
            "several machines on spot are for emr"
        )


def settings_of(context: click.Context) -> dict[str, object]:
    """Return what a command after `--` says of the run; UsageError for what only counts here."""
    settings = {*OPTIONS, "config_file"}
    for parameter in context.params.keys() - settings:
        if context.get_parameter_source(parameter) == ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"{_flag(context, parameter)} says nothing to a run elsewhere: "
                f"{ONLY_HERE.get(parameter, 'leave it out')}"
            )
    return {key: value for key, value in context.params.items() if key in settings}


def _refusal(flag: str, target: str, parameter: str, targets: Sequence[str]) -> str:
    *some, last = targets
    listed = f"{', '.join(some)} and {last}" if some else last
    instead = INSTEAD.get((parameter, target))
    told = f"{flag} says nothing to {target}, only to {listed}"
    return f"{told}: {instead}" if instead else told


def _flag(context: click.Context, parameter: str) -> str:
    """Return the option as it was typed: --with, not --extras; --no-report where it said no."""
    found = next(each for each in context.command.params if each.name == parameter)
    off = found.secondary_opts if context.params[parameter] is False else []
    return (off or found.opts)[0]
