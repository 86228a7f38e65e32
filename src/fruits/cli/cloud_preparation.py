"""`fruits cloud package` and `estimate`: what is made, and reckoned, before anything is sent."""

from pathlib import Path
from typing import Any

import click

from fruits.cli.cloud_options import AWS, MINUTES, extras, platform, weights
from fruits.cli.options import as_json
from fruits.cli.understood import OF_ESTIMATE, check_understood


@click.command()
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


@click.command()
@click.argument("target", metavar="TARGET", type=click.Choice(AWS))
@click.option("--images", type=int, help="How many; otherwise those of --input are counted.")
@click.option("--input", metavar="URI", help="Where the photos are, to count them.")
@click.option("--region", default="eu-west-3", show_default=True, help="A region in the EU.")
@click.option("--model", default="mobilenet_v2", show_default=True, help="The network.")
@click.option("--images-per-second", type=float, help="Of one vCPU, where you have measured it.")
@click.option(
    "--executors", default=3, show_default=True, help="emr, emr-serverless: executors at most."
)
@click.option(
    "--cores", default=4, show_default=True, help="emr, emr-serverless: slots of an executor."
)
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

    check_understood(given["target"], OF_ESTIMATE)
    estimate_and_show(given)
