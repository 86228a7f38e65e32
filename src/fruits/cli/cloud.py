"""`fruits cloud`: makes what a cluster receives, sends runs there, and looks after them."""

from pathlib import Path
from typing import Any, Final, get_args

import click

from fruits.choices import ClusterExtra, ClusterPlatform
from fruits.cli.options import as_json

EXAMPLES: Final = """
\b
Examples:
  fruits cloud package --model mobilenet_v2
  fruits cloud package --platform linux-aarch64 --dry-run
  fruits cloud submit yarn -- run --input hdfs:///photos --output hdfs:///out
  fruits cloud submit yarn --executors 8 --cores 4 -- features --input hdfs:///photos --output hdfs:///out
  fruits cloud status yarn --output hdfs:///out
  fruits cloud estimate emr-serverless --images 100000
  fruits cloud logs yarn application_1764200000000_0001
"""

TARGETS: Final = ("yarn",)

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

    TARGET is `yarn`: a Hadoop cluster, the one that HADOOP_CONF_DIR names.
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
@click.option("--dry-run", is_flag=True, help="Say what would be packed, and write nothing.")
@as_json
def package(*, output: str | None, dry_run: bool, as_json: bool, **given: Any) -> None:  # noqa: ANN401
    """Make the one thing that every cluster receives: our wheel, the networks and the libraries.

    The folder's name tells its content: the same content is not made twice.
    """
    from fruits.cli.packaging import make_and_show

    make_and_show(Path(output) if output else None, given, dry_run=dry_run, as_json=as_json)


@cloud.command()
@click.argument("target", metavar="TARGET", type=click.Choice(["emr-serverless", "emr"]))
@click.option("--images", type=int, help="How many; otherwise those of --input are counted.")
@click.option("--input", metavar="URI", help="Where the photos are, to count them.")
@click.option("--region", default="eu-west-3", show_default=True, help="A region in the EU.")
@click.option("--model", default="mobilenet_v2", show_default=True, help="The network.")
@click.option("--images-per-second", type=float, help="Of one vCPU, where you have measured it.")
@click.option("--executors", default=3, show_default=True, help="Executors at most.")
@click.option("--cores", default=4, show_default=True, help="Slots of an executor.")
@click.option("--instance", default="m5.xlarge", show_default=True, help="A node of `emr`.")
@click.option("--timeout", default=60.0, show_default=True, help="Minutes after which it is ended.")
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
@click.option("--executors", default=2, show_default=True, help="Executors at most.")
@click.option("--cores", default=4, show_default=True, help="Slots of an executor.")
@click.option("--fixed", is_flag=True, help="Hold all the executors from beginning to end.")
@click.option("--package", "folder", metavar="DIR", help="A package made before.")
@click.option("--stage", metavar="URI", help="Where packages lie in the cluster's storage.")
@click.option("--conf", "extra", metavar="KEY=VALUE", multiple=True, help="A setting of Spark.")
@platform
@extras
@click.option("--dry-run", is_flag=True, help="Print the spark-submit command, and send nothing.")
@click.option("--no-wait", is_flag=True, help="Return as soon as the cluster has taken it.")
@as_json
def submit(**given: Any) -> None:  # noqa: ANN401
    """Run a COMMAND of fruits (run, features, reduce, pack; after `--`) on a cluster.

    Waits, showing how far it is, and ends with the run's own exit code. Ctrl-C stops the waiting,
    not the run.

    \b
    fruits cloud submit yarn --dry-run -- run --input hdfs:///photos --output hdfs:///out
    fruits cloud submit yarn --executors 8 -- run --input hdfs:///photos --output s3://bucket/out
    """
    from fruits.cli.submission import submit_and_follow

    submit_and_follow(given)


@cloud.command()
@target
@click.option("--output", metavar="URI", help="Tell how far the runs on this output are.")
@as_json
def status(target: str, *, output: str | None, as_json: bool) -> None:
    """List the cluster's applications of ours, or tell how far a run is."""
    from fruits.cli.submission import show_status

    show_status(target, output, as_json=as_json)


@cloud.command()
@target
@click.argument("application")
def logs(target: str, application: str) -> None:
    """Print what the driver and the executors of an application wrote."""
    from fruits.cloud import yarn

    click.echo(yarn.logs(application), nl=False)


@cloud.command()
@target
@click.argument("application")
def destroy(target: str, application: str) -> None:
    """End an application; what it has committed is kept, and a new run goes on from there."""
    from fruits.cloud import yarn

    click.echo(yarn.destroy(application), nl=False)
