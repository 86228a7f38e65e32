"""`fruits cloud submit` and `status`: from words to a run elsewhere, and back to its report."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, cast, get_args

import click

from fruits.choices import Steps
from fruits.cli.console import TerminalProgress, err, out, show_json
from fruits.cli.options import configure
from fruits.cli.remote import describe
from fruits.cli.summary import show_packed, show_report_json, show_summary
from fruits.cloud import yarn
from fruits.cloud.command import Command
from fruits.cloud.package import (
    Package,
    Recipe,
    build_package,
    packages_folder,
    read_package,
)
from fruits.cloud.request import Request
from fruits.cloud.size import Size
from fruits.cloud.stage import default_stage, staged, upload
from fruits.cloud.watch import all_posted
from fruits.errors import CloudError, ConfigError, TooManyRejects
from fruits.report.facts import RunReport
from fruits.report.packed import PackReport
from fruits.stages.publish import REPORT_JSON
from fruits.storage.output import Output

SENDABLE: Final = get_args(Steps)


def submit_and_follow(given: Mapping[str, Any]) -> None:
    """Check, package, upload, send and follow; print the report as the command itself would."""
    request = parse_request(given["command"])
    if not given["dry_run"]:
        yarn.check_configured()
    size = Size(
        executors=given["executors"], cores=given["cores"], dynamic=not given["fixed"]
    )  # first, since it may be refused: a package takes half a minute
    package = find_package(request, given)
    stage = given["stage"] or default_stage(request.config.output)
    command = Command(
        request=request,
        package=staged(package, stage),
        size=replace(size, backend=request.heaviest(package.manifest.extras)),
        extra=parse_settings(given["extra"]),
    )
    if given["dry_run"]:
        show_plan(command, package, as_json=given["as_json"])
        return
    with TerminalProgress() as progress:
        upload(package, stage, note=progress.note)
        outcome = yarn.submit(command, progress, wait=not given["no_wait"])
    show_outcome(request, outcome, as_json=given["as_json"])


def parse_request(words: Sequence[str]) -> Request:
    """Read a command of fruits as `fruits` itself would, variables and TOML file included."""
    name, *arguments = words
    if name not in SENDABLE:
        raise click.UsageError(
            f"{name!r} is not one of {', '.join(SENDABLE)}: what is to run there?"
        )
    root = click.get_current_context().find_root()
    assert isinstance(root.command, click.Group)
    parser = root.command.commands[name]
    with parser.make_context(name, list(arguments), parent=root) as context:
        options = {key: value for key, value in context.params.items() if key != "as_json"}
    return Request(cast(Steps, name), configure(options))


def parse_settings(pairs: Sequence[str]) -> dict[str, str]:
    """Read KEY=VALUE pairs."""
    if bad := [pair for pair in pairs if "=" not in pair]:
        raise ConfigError(f"--conf {bad[0]}: give KEY=VALUE")
    return dict(pair.split("=", 1) for pair in pairs)


def find_package(request: Request, given: Mapping[str, Any]) -> Package:
    """Return the package given, else make one that has what the request needs."""
    wanted = {*given["extras"], *({request.backend} - {"onnx"})}
    model = request.packaged_model
    if not given["folder"]:
        err.print("package  making it, or finding it made")
        recipe = Recipe(
            models=(model,) if model else (),
            weights=request.config.weights,
            platform=given["platform"],
            extras=tuple(sorted(wanted)),
        )
        return build_package(recipe, packages_folder())
    package = read_package(Path(given["folder"]))
    lacking = wanted - set(package.manifest.extras)
    if model and model not in package.manifest.models:
        lacking.add(f"the network {model}")
    if lacking:
        raise CloudError(
            f"{package.folder} lacks {', '.join(sorted(lacking))}: make another one with "
            "`fruits cloud package`, or leave --package out"
        )
    return package


def show_plan(command: Command, package: Package, *, as_json: bool) -> None:
    """Print what would be sent."""
    if as_json:
        show_json({"command": command.arguments(), "package": command.package})
        return
    size = f"{package.manifest.archive_bytes / 1e6:,.0f} MB"
    executors = f"each of {command.size.executors} executors"
    err.print(f"package  {command.package}: {size}, uploaded unless it lies there")
    err.print(f"memory   {command.size.executor_mb:,} MB for {executors}")
    out.print(shlex.join(command.arguments()))


def show_outcome(request: Request, outcome: yarn.Outcome, *, as_json: bool) -> None:
    """Print the run's report and end with its exit code."""
    if outcome.exit_code is None:
        out.print(outcome.application)
        return
    if outcome.exit_code in {0, TooManyRejects.exit_code}:
        show_report(request, as_json=as_json)
    if outcome.exit_code:
        error = CloudError(outcome.message or f"{outcome.application} ended with an error")
        error.exit_code = outcome.exit_code
        raise error


def show_report(request: Request, *, as_json: bool) -> None:
    """Print the report that the run has left in its output."""
    content = Output(request.config.output).read(REPORT_JSON)
    if content is None:
        raise CloudError(f"{request.config.output} has no {REPORT_JSON}: look at the driver's log")
    report = (PackReport if request.steps == "pack" else RunReport).from_json(content)
    if as_json:
        show_report_json(report)
    elif isinstance(report, PackReport):
        show_packed(report)
    else:
        show_summary(report)


def show_status(target: str, output: str | None, *, as_json: bool) -> None:
    """Print how far the runs on an output are, else the list of the cluster."""
    if output is None:
        out.print(yarn.status(), end="")
        return
    posted = all_posted(Output(output))
    if as_json:
        show_json([asdict(each) for each in posted])
        return
    for each in posted:
        ended = "" if each.exit_code is None else f" · ended with {each.exit_code} {each.message}"
        out.print(f"{each.run_id}  {each.updated[:19]}Z  {describe(each)}{ended}")
    if not posted:
        out.print("no run on a cluster has posted anything here")
