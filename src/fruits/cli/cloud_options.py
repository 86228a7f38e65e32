"""The options of `fruits cloud`, and the names of its targets."""

import math
from collections.abc import Callable
from typing import Any, Final, get_args

import click

from fruits.choices import ClusterExtra, ClusterPlatform
from fruits.cloud.gate import BUDGET_EUROS

AWS: Final = ("emr-serverless", "emr", "ec2")
TARGETS: Final = ("yarn", *AWS)
OPENED: Final = ("emr-serverless", "emr")
"""Those that have a page to look at."""


class Amount(click.FloatRange):
    """A number in a range; click's own takes "nan" for one."""

    def convert(
        self,
        value: Any,  # noqa: ANN401
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Read the number."""
        found = float(super().convert(value, param, ctx))
        if math.isnan(found):
            self.fail(f"{value} is no number", param, ctx)
        return found


MINUTES: Final = Amount(1, 24 * 60)
"""Of a run; to EMR Serverless 0 would mean: never ended."""

HOURS: Final = Amount(0.5, 24)
"""Of a demonstration: its cluster is up after some ten minutes."""

Decorator = Callable[[Callable[..., None]], Callable[..., None]]

target = click.argument("target", metavar="TARGET", type=click.Choice(TARGETS))
platform = click.option(
    "--platform",
    type=click.Choice(get_args(ClusterPlatform)),
    default=get_args(ClusterPlatform)[0],
    show_default=True,
    help="The machines of the cluster.",
)
extras = click.option(
    "--with",
    "extras",
    type=click.Choice(get_args(ClusterExtra)),
    multiple=True,
    help="A library more in the package.",
)
weights = click.option(
    "--weights", metavar="FILE", help="The network's weights, to freeze it here."
)
region = click.option("--region", help="A region in the EU; otherwise AWS' own setting, or Paris.")
name = click.option("--name", default="fruits", show_default=True, help="The deployment's name.")
prices = click.option("--prices", metavar="FILE.toml", help="Newer prices, in the form of our own.")
budget = click.option(
    "--budget",
    type=Amount(0),
    default=BUDGET_EUROS,
    show_default=True,
    help="Euros that it may cost at the most; what could cost more is not launched.",
)
instance = click.option(
    "--instance", default="m5.xlarge", show_default=True, help="emr, ec2: the type of machine."
)
release = click.option("--release", help="emr: the release of EMR.")
yes = click.option("--yes", is_flag=True, help="Do not ask first.")


def deployment(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that name a deployment."""
    return region(name(command))


def launching(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a launch on AWS."""
    options = (
        budget,
        click.option(
            "--timeout",
            type=MINUTES,
            default=60.0,
            show_default=True,
            help="Minutes after which it is ended.",
        ),
        click.option("--images", type=int, help="For the estimate; otherwise they are counted."),
        click.option("--images-per-second", type=float, help="For the estimate: of one vCPU."),
        instance,
        click.option(
            "--spot",
            type=click.IntRange(0),
            default=0,
            help="emr: so many of the workers on spot; ec2: 1 for the server.",
        ),
        release,
        prices,
    )
    for option in reversed(options):
        command = option(command)
    return deployment(command)
