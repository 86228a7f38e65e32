"""`fruits cloud deploy`, `open` and `destroy`: what lasts, the way in, and the end of both."""

from typing import Any, get_args

import click

from fruits.choices import ClusterPlatform
from fruits.cli.cloud_options import (
    AWS,
    HOURS,
    OPENED,
    budget,
    deployment,
    extras,
    instance,
    prices,
    release,
    target,
    weights,
    yes,
)
from fruits.cli.options import as_json
from fruits.cli.understood import OF_DEPLOY, OF_OPEN, check_understood


@click.command()
@click.argument("target", metavar="TARGET", type=click.Choice(AWS))
@click.option("--email", help="Who hears when 50, 80 and 100 % of the month's budget are spent.")
@click.option(
    "--monthly", type=click.FloatRange(1), help="That budget, in US dollars.  [default: 10]"
)
@click.option(
    "--raw-days",
    type=click.IntRange(0),
    help="Days after which photos in raw/ go; 0: never.  [default: 30]",
)
@click.option("--read-bucket", metavar="NAME", help="One bucket more that runs may read.")
@click.option("--release", help="emr-serverless: the release of EMR.  [default: emr-spark-8.1.0]")
@click.option(
    "--platform", type=click.Choice(get_args(ClusterPlatform)), help="emr-serverless: its machines."
)
@click.option("--dry-run", is_flag=True, help="Print what would be made, and make nothing.")
@deployment
@as_json
def deploy(**given: Any) -> None:  # noqa: ANN401
    """Lay down what lasts: bucket, roles, network, application, and a budget with alarms.

    As often as you like: what is there already is brought up to date, and what was set before stays
    as it is. Nothing of it runs.

    \b
    fruits cloud deploy emr-serverless --region eu-west-3 --email me@example.org --dry-run
    fruits cloud deploy emr --region eu-central-1
    """
    from fruits.cli.deployment import deploy_and_show

    check_understood(given["target"], OF_DEPLOY)
    deploy_and_show(given)


@click.command("open")
@click.argument("target", metavar="TARGET", type=click.Choice(OPENED))
@click.argument("run", required=False)
@click.option(
    "--page",
    default="jupyterhub",
    show_default=True,
    type=click.Choice(["jupyterhub", "spark", "yarn"]),
    help="emr: the page to bring here.",
)
@click.option(
    "--hours",
    type=HOURS,
    default=2.0,
    show_default=True,
    help="emr: after which the cluster is ended.",
)
@click.option("--executors", type=int, help="emr: executors at most.  [default: 4]")
@click.option("--cores", type=int, help="emr: slots of an executor.  [default: 3 of a node's 4]")
@click.option(
    "--spot", type=click.IntRange(0), default=0, help="emr: so many of the workers on spot."
)
@click.option(
    "--model",
    "models",
    multiple=True,
    default=("mobilenet_v2",),
    show_default=True,
    help="Networks for the notebooks.",
)
@weights
@extras
@instance
@release
@budget
@prices
@click.option("--no-wait", is_flag=True, help="emr: return once the cluster is being made.")
@click.option("--dry-run", is_flag=True, help="Print what would be made, and make nothing.")
@deployment
@as_json
def open_(**given: Any) -> None:  # noqa: ANN401
    """Open what can be looked at: JupyterHub on a cluster of ours, or the Spark UI of a RUN.

    Without a cluster that runs, one is made, its price told first; it ends itself after --hours,
    and after 15 minutes without use. No port is opened: pages come through Session Manager.

    \b
    fruits cloud open emr --hours 2 --with tensorflow
    fruits cloud open emr --page spark
    fruits cloud open emr-serverless 00fabcdefgh
    """
    from fruits.cli.opening import open_and_show

    check_understood(given["target"], OF_OPEN)
    open_and_show(given)


@click.command()
@target
@click.argument("run", required=False)
@click.option("--with-data", is_flag=True, help="AWS: delete the bucket too, with all its files.")
@click.option("--dry-run", is_flag=True, help="Print what would be removed, and remove nothing.")
@yes
@deployment
@prices
def destroy(**given: Any) -> None:  # noqa: ANN401
    """End a RUN; or, on AWS and without one, everything of the target that carries our tag.

    What a run has committed is kept, and a new one goes on from there. The bucket stays, unless
    --with-data is given. What carries another tag, or none, is never touched.

    \b
    fruits cloud destroy yarn application_1764200000000_0001
    fruits cloud destroy emr --dry-run
    fruits cloud destroy emr-serverless --with-data
    """
    from fruits.cli.destruction import destroy_and_show

    check_understood(given["target"])
    destroy_and_show(given)
