"""`fruits cloud submit`, `status` and `logs`: runs elsewhere, sent, followed and read."""

from typing import Any

import click

from fruits.cli.cloud_options import (
    deployment,
    extras,
    launching,
    platform,
    prices,
    target,
)
from fruits.cli.options import as_json
from fruits.cli.understood import check_understood


@click.command()
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


@click.command()
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


@click.command()
@target
@click.argument("run")
@deployment
def logs(**given: Any) -> None:  # noqa: ANN401
    """Print what the driver and the executors of a run wrote."""
    from fruits.cli.targets import open_target

    check_understood(given["target"])
    for text in open_target(given).logs(given["run"]):
        click.echo(text, nl=False)
