"""`fruits`: what each command does, and which error ends with which exit code."""

import os
import sys
from collections.abc import Callable
from typing import Any, Final

import click

from fruits import __version__
from fruits.choices import LANGUAGES, Steps
from fruits.cli.cloud import cloud
from fruits.cli.dataset import dataset
from fruits.cli.deliver import deliver
from fruits.cli.models import models
from fruits.cli.options import as_json, configure, settings, with_page
from fruits.config import WITHOUT
from fruits.errors import INTERRUPTED, FruitsError, TooManyRejects

EXAMPLES: Final = """
\b
Examples:
  fruits run --input photos/ --output out
  fruits run --input fruits-360.zip --output out --split test --components 50
  fruits reduce --output out --components 0.90
  fruits report out --figures
  fruits pack --input s3://bucket/photos --output s3://bucket/packed
  fruits cloud submit yarn -- run --input hdfs:///photos --output hdfs:///out
  fruits models list
  fruits doctor
"""


@click.group(epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fruits")
@click.option("--debug", is_flag=True, help="Show tracebacks (or set FRUITS_DEBUG=1).")
def cli(*, debug: bool) -> None:
    """Fruit photos in, a compact feature matrix out: CNN features and PCA, on Spark or without."""


cli.add_command(cloud)
cli.add_command(dataset)
cli.add_command(deliver)
cli.add_command(models)


@cli.command()
@settings()
@with_page
@as_json
def run(*, as_json: bool, page: bool, **options: Any) -> None:  # noqa: ANN401
    """Run the whole chain: images → features → PCA → matrix."""
    _go("run", options, as_json=as_json, page=page)


@cli.command()
@settings(without=WITHOUT["features"])
@as_json
def features(*, as_json: bool, **options: Any) -> None:  # noqa: ANN401
    """Compute the features of the images that have none yet."""
    _go("features", options, as_json=as_json)


@cli.command()
@settings(without=WITHOUT["reduce"])
@with_page
@as_json
def reduce(*, as_json: bool, page: bool, **options: Any) -> None:  # noqa: ANN401
    """Fit the PCA on the features that are there, and write the matrix."""
    _go("reduce", options, as_json=as_json, page=page)


@cli.command()
@click.argument("output", metavar="OUTPUT")
@click.option("--to", metavar="FOLDER", help="Write here instead of into the output.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--figures", is_flag=True, help="Also write each figure as PNG and SVG.")
@as_json
def report(output: str, *, as_json: bool, **wish: Any) -> None:  # noqa: ANN401
    """Draw the page of the last run: one file to look at, without any network.

    \b
    fruits report out                                    out/report.html
    fruits report s3://bucket/out --to looks --figures   looks/report.html, looks/figures/
    """
    from fruits.cli.report import report_and_show

    report_and_show(output, as_json=as_json, **wish)


@cli.command()
@settings(without=WITHOUT["pack"])
@as_json
def pack(*, as_json: bool, **options: Any) -> None:  # noqa: ANN401
    """Pack many small images into large table files, without their metadata.

    The output is an input of `fruits run`, and gives the same matrix. A second call packs only what
    is new or has changed.
    """
    _go("pack", options, as_json=as_json)


@cli.command()
@click.argument("output", metavar="OUTPUT")
@click.option(
    "--path", "paths", metavar="PATH", multiple=True, help="A path as the tables have it."
)
@click.option("--id", "ids", metavar="SHA256", multiple=True, help="An image_id.")
@click.option("--list", "file", metavar="FILE", type=click.File(), help="Paths or ids, one a line.")
@click.option("--yes", is_flag=True, help="Erase; without it, only show what would go.")
@as_json
def erase(output: str, *, as_json: bool, yes: bool, **wish: Any) -> None:  # noqa: ANN401
    """Erase images from every table, version, matrix and cache of an output; keep a proof.

    \b
    fruits erase out --path Test/Fig/007.jpg          show what would go
    fruits erase out --path Test/Fig/007.jpg --yes    erase it, fit the PCA again
    """
    from fruits.cli.erase import erase_and_show

    erase_and_show(output, wish, yes=yes, as_json=as_json)


def _go(steps: Steps, options: dict[str, Any], *, as_json: bool, page: bool = False) -> None:
    config = configure(options)
    # Imported here: `fruits --help` must not wait for Arrow, Delta or a network library.
    from fruits import pipeline
    from fruits.cli.remote import open_progress
    from fruits.cli.summary import show_packed, show_report_json, show_summary

    shows = {"pack": show_packed}
    show: Callable[[Any], None] = show_report_json if as_json else shows.get(steps, show_summary)
    try:
        with open_progress(config.output) as progress:
            report = getattr(pipeline, steps)(config, progress=progress)
    except TooManyRejects as exc:
        show(exc.report)
        _draw_page(config.output, wanted=page)
        raise
    show(report)
    _draw_page(config.output, wanted=page)


def _draw_page(output: str, *, wanted: bool) -> None:
    if wanted:
        from fruits.cli.report import page_of_run

        page_of_run(output)


@cli.command()
@click.option("--output", metavar="URI", help="Check the disk under this output too.")
@click.option("--repair", is_flag=True, help="Show what dead runs left in --output instead.")
@click.option("--yes", is_flag=True, help="With --repair: mend it, don't just show it.")
@as_json
def doctor(*, output: str | None, repair: bool, yes: bool, as_json: bool) -> None:
    """Tell what is here, what is missing, and how to get it.

    \b
    fruits doctor --output out --repair        show orphan, lost and unfinished files
    fruits doctor --output out --repair --yes  commit, remove or forget them
    """
    if yes and not repair:
        raise click.UsageError("--yes goes with --repair: look at what that shows first")
    if repair:
        _repair(output, yes=yes, as_json=as_json)
        return
    from fruits.cli.console import show_json, show_table
    from fruits.doctor import examine

    findings = examine(output)
    if as_json:
        show_json(findings)
    else:
        show_table(findings, ["check", "state", "found", "advice"])
    if any(finding["state"] == "missing" for finding in findings):
        raise SystemExit(1)


def _repair(output: str | None, *, yes: bool, as_json: bool) -> None:
    from fruits.cli.console import show_json
    from fruits.cli.summary import show_leftovers
    from fruits.doctor import examine_output

    if not output:
        raise click.UsageError("--repair needs --output URI, the output to look at")
    found = examine_output(output, mend=yes)
    if as_json:
        show_json(found)
    else:
        show_leftovers(found, mended=yes)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and end with its exit code: 0, 1, 2, 3, or 130 when interrupted."""
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given or bool(os.environ.get("FRUITS_DEBUG"))
    try:
        cli.main(arguments, prog_name="fruits", standalone_mode=False)
    except click.exceptions.Abort:
        _fail("interrupted: what was committed is kept, run the same command to go on", INTERRUPTED)
    except KeyboardInterrupt:
        _fail("interrupted: what was committed is kept, run the same command to go on", INTERRUPTED)
    except click.ClickException as exc:
        exc.show()
        raise SystemExit(exc.exit_code) from exc
    except FruitsError as exc:
        if debug:
            raise
        _fail(str(exc), exc.exit_code)
    except OSError as exc:
        if debug:
            raise
        _fail(
            f"the storage failed: {exc}; what was committed is kept (fruits doctor --repair looks "
            "for lost files)",
            FruitsError.exit_code,
        )


def _fail(message: str, code: int) -> None:
    shown = "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in message)
    click.echo(f"fruits: {shown}", err=True)
    raise SystemExit(code)
