"""`fruits cloud`: makes what a cluster receives, sends runs there, and looks after them."""

from pathlib import Path
from typing import Any, Final, get_args

import click

from fruits.choices import ClusterExtra, ClusterPlatform
from fruits.cli.aws_options import (
    AWS,
    HOURS,
    MINUTES,
    OF_DEPLOY,
    OF_OPEN,
    OPENED,
    TARGETS,
    budget,
    check_understood,
    deployment,
    instance,
    launching,
    prices,
    release,
    yes,
)
from fruits.cli.options import as_json

EXAMPLES: Final = """
\b
Examples:
  fruits cloud package --model mobilenet_v2
  fruits cloud package --platform linux-aarch64 --dry-run
  fruits cloud package --for databricks
  fruits cloud estimate emr-serverless --images 100000
  fruits cloud deploy emr-serverless --region eu-west-3 --email me@example.org --dry-run
  fruits cloud submit emr-serverless -- run --input s3://BUCKET/raw --output s3://BUCKET/out/1
  fruits cloud submit emr --instance m7g.xlarge -- run --input s3://BUCKET/raw --output s3://BUCKET/out/1
  fruits cloud submit yarn --executors 8 --cores 4 -- features --input hdfs:///photos --output hdfs:///out
  fruits cloud submit ec2 --spot 1 -- run --input s3://BUCKET/raw --output s3://BUCKET/out/1
  fruits cloud status yarn --output hdfs:///out
  fruits cloud logs yarn application_1764200000000_0001
  fruits cloud open emr --hours 2
  fruits cloud destroy emr --dry-run
"""

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


@click.group(epilog=EXAMPLES)
def cloud() -> None:
    """Package the chain for a cluster, send runs there, follow, read and end them.

    TARGET is one of

    \b
    emr-serverless  EMR Serverless, in a region of the EU; nothing is held between runs
    emr             EMR on EC2: a cluster for a run, or with JupyterHub for a demonstration
    ec2             one server of EC2, Spark on all its cores
    yarn            a Hadoop cluster, the one that HADOOP_CONF_DIR names
    """


@cloud.command()
@click.option(
    "--model",
    "models",
    multiple=True,
    default=("mobilenet_v2",),
    show_default=True,
    help="A network that the package carries, frozen; may be repeated. fruitnet always is there.",
)
@weights
@platform
@extras
@click.option(
    "--output",
    type=click.Path(file_okay=False),
    help="Folder; otherwise the cache's, where `submit` finds it.",
)
@click.option("--wheels", is_flag=True, help="Gather wheels for EMR's notebooks instead.")
@click.option(
    "--for",
    "workspace",
    type=click.Choice(["databricks"]),
    help="Make an asset bundle for such a workspace instead.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be packed, and write nothing.")
@as_json
def package(
    *,
    output: str | None,
    wheels: bool,
    workspace: str | None,
    dry_run: bool,
    as_json: bool,
    **given: Any,  # noqa: ANN401
) -> None:
    """Make the one thing that every cluster receives: our wheel, the networks and the libraries.

    With --wheels it makes a folder from which deploy/bootstrap-emr.sh installs the same on each
    node of EMR, without internet. With --for databricks: an asset bundle, and what its clusters
    install. A folder's name tells its content: the same is not made twice.
    """
    from fruits.cli.packaging import make_and_show

    if wheels and workspace:
        raise click.UsageError("--wheels are for EMR: leave them out, or --for databricks")
    kind = workspace or ("emr" if wheels else None)
    folder = Path(output) if output else None
    make_and_show(folder, given, kind=kind, dry_run=dry_run, as_json=as_json)


@cloud.command()
@click.argument("target", metavar="TARGET", type=click.Choice(AWS))
@click.option("--images", type=int, help="How many; otherwise those of --input are counted.")
@click.option("--input", metavar="URI", help="Where the photos are, to count them.")
@click.option("--region", default="eu-west-3", show_default=True, help="A region in the EU.")
@click.option("--model", default="mobilenet_v2", show_default=True, help="The network.")
@click.option("--images-per-second", type=float, help="Of one vCPU, where you have measured it.")
@click.option("--executors", default=3, show_default=True, help="Executors at most.")
@click.option("--cores", default=4, show_default=True, help="Slots of an executor.")
@click.option(
    "--instance", default="m5.xlarge", show_default=True, help="A machine of `emr` or `ec2`."
)
@click.option(
    "--timeout",
    type=MINUTES,
    default=60.0,
    show_default=True,
    help="Minutes after which it is ended.",
)
@click.option("--prices", metavar="FILE.toml", help="Newer prices, in the form of our own.")
@platform
@as_json
def estimate(**given: Any) -> None:  # noqa: ANN401
    """Tell what a run would take and cost on AWS, expected and at the most; nothing is launched.

    \b
    fruits cloud estimate emr-serverless --images 100000
    fruits cloud estimate emr --input s3://bucket/raw --region eu-west-1 --instance m7g.xlarge
    """
    from fruits.cli.estimating import estimate_and_show

    estimate_and_show(given)


@cloud.command()
@target
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--executors", type=int, help="Executors at most.  [default: 2, 3 or 4 by target]")
@click.option("--cores", type=int, help="Slots of an executor.  [default: 4, or 3 of a node's 4]")
@click.option("--fixed", is_flag=True, help="Hold all the executors from beginning to end.")
@click.option("--package", "folder", metavar="DIR", help="A package made before.")
@click.option("--stage", metavar="URI", help="yarn: where packages lie in the cluster's storage.")
@click.option("--conf", "extra", metavar="KEY=VALUE", multiple=True, help="A setting of Spark.")
@platform
@extras
@launching
@click.option(
    "--dry-run",
    is_flag=True,
    help="Print what would be sent, and send nothing; the package is made.",
)
@click.option("--no-wait", is_flag=True, help="Return as soon as the run has been taken.")
@as_json
def submit(**given: Any) -> None:  # noqa: ANN401
    """Run a COMMAND of fruits (run, features, reduce, pack; after `--`) on a cluster.

    Waits, showing how far it is, and ends with the run's own exit code. Ctrl-C stops the waiting,
    not the run. On AWS its price is told first, and what could cost more than --budget is refused.

    \b
    fruits cloud submit emr-serverless -- run --input s3://BUCKET/raw --output s3://BUCKET/out/1
    fruits cloud submit emr --spot 2 --dry-run -- run --input s3://BUCKET/raw --output s3://BUCKET/out/1
    fruits cloud submit yarn --executors 8 -- run --input hdfs:///photos --output hdfs:///out
    """
    from fruits.cli.submission import submit_and_follow

    submit_and_follow(given)


@cloud.command()
@target
@click.argument("run", required=False)
@click.option("--output", metavar="URI", help="Tell how far the runs on this output are.")
@deployment
@prices
@as_json
def status(**given: Any) -> None:  # noqa: ANN401
    """List the runs of ours, or one of them and what it has cost, or how far one is."""
    from fruits.cli.status import show_status

    show_status(given)


@cloud.command()
@target
@click.argument("run")
@deployment
def logs(**given: Any) -> None:  # noqa: ANN401
    """Print what the driver and the executors of a run wrote."""
    from fruits.cli.targets import open_target

    check_understood(given["target"])
    for text in open_target(given).logs(given["run"]):
        click.echo(text, nl=False)


@cloud.command()
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


@cloud.command()
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


@cloud.command("open")
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
@click.option("--spot", default=0, help="emr: so many of the workers on spot.")
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
