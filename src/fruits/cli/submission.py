"""`fruits cloud submit` and `status`: from words to a run elsewhere, and back to its report."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast, get_args

import click
from click.core import ParameterSource

from fruits.choices import Steps
from fruits.cli.console import TerminalProgress, err, out, show_json
from fruits.cli.options import configure
from fruits.cli.outcome import show_outcome
from fruits.cli.pricing import price_and_check
from fruits.cli.targets import open_target, size_for
from fruits.cli.understood import check_understood, settings_of
from fruits.cloud.command import Command
from fruits.cloud.package import (
    Package,
    Recipe,
    build_package,
    packages_folder,
    read_package,
)
from fruits.cloud.prices import read_prices
from fruits.cloud.request import Request
from fruits.cloud.stage import staged, upload
from fruits.cloud.target import Target
from fruits.errors import CloudError, ConfigError

SENDABLE: Final = get_args(Steps)


def submit_and_follow(given: Mapping[str, Any]) -> None:
    """Check, package, upload, send and follow; print the report as the command itself would."""
    check_understood(given["target"])
    request = parse_request(given["command"])
    dry_run, prices = given["dry_run"], read_prices(given["prices"])
    size = size_for(given, prices)
    target = open_target(given, dry_run=dry_run)
    for remark in target.check(request, dry_run=dry_run):
        err.print(f"note     {remark}")
    given = {**given, "platform": platform_of(target, given["platform"])}
    if target.region:
        price_and_check(request, size, prices, given, region=target.region)
    package = find_package(request, target, given)  # last, since it takes half a minute
    stage = given["stage"] or target.stage(request)
    command = Command(
        request=request,
        package=staged(package, stage),
        size=replace(size, backend=request.heaviest(package.manifest.extras)),
        master=target.master,
        extra=parse_settings(given["extra"]),
    )
    if dry_run:
        show_plan(target, command, package, as_json=given["as_json"])
        return
    with TerminalProgress() as progress:
        upload(package, stage, note=progress.note)
        outcome = target.submit(command, progress, wait=not given["no_wait"])
    show_outcome(request, outcome, as_json=given["as_json"])


def platform_of(target: Target, given: str) -> str:
    """Return the machines' platform: the target's own where it knows it, else as given."""
    asked = click.get_current_context().get_parameter_source("platform")
    if target.platform and asked == ParameterSource.COMMANDLINE and given != target.platform:
        raise ConfigError(
            f"--platform {given}: the machines there are {target.platform}: leave it out. With emr "
            "and ec2 the --instance says what they are (m7g.xlarge is an ARM one), with "
            "emr-serverless `fruits cloud deploy emr-serverless --platform …`"
        )
    return target.platform or given


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
        options = settings_of(context)
    return Request(cast(Steps, name), configure(options))


def parse_settings(pairs: Sequence[str]) -> dict[str, str]:
    """Read KEY=VALUE pairs."""
    if bad := [pair for pair in pairs if "=" not in pair]:
        raise ConfigError(f"--conf {bad[0]}: give KEY=VALUE")
    return dict(pair.split("=", 1) for pair in pairs)


def find_package(request: Request, target: Target, given: Mapping[str, Any]) -> Package:
    """Return the package given, else make one that has what the request needs."""
    wanted = {*given["extras"], *({request.backend} - {"onnx"}), *target.extras}
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


def show_plan(target: Target, command: Command, package: Package, *, as_json: bool) -> None:
    """Print what would be sent."""
    plan = target.plan(command)
    if as_json:
        show_json({**plan, "package": command.package})
        return
    size = f"{package.manifest.archive_bytes / 1e6:,.0f} MB"
    err.print(f"package  {command.package}: {size}, uploaded unless it lies there")
    if not command.master.startswith("local"):
        executors = f"each of {command.size.executors} executors"
        err.print(f"memory   {command.size.executor_mb:,} MB for {executors}")
    for name, request in plan.items():
        if name == "command":
            out.print(shlex.join(request))
        else:
            out.print(f"{name} {json.dumps(request, indent=2, ensure_ascii=False)}")
