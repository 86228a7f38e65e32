"""The options that several commands share, and how they become a Config."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

import click

from fruits.config import CHOICES, Config, resolve_config

OPTIONS: Final[Mapping[str, tuple[str | None, str]]] = {
    "input": ("URI", "Folder, .zip archive or packed store of images."),
    "output": ("URI", "Folder for the tables, the matrix, the PCA and the report."),
    "model": (
        "NAME[@SIDE]|FILE",
        "A network of `fruits models list`, at another input size with @SIDE, or a FILE.onnx.",
    ),
    "weights": ("FILE", "The network's weights without top: .weights.h5 or .h5."),
    "backend": ("NAME", "Library that runs the network."),
    "precision": ("NAME", "Arithmetic of the network."),
    "fit": ("NAME", "How an image is made to fit the network's input."),
    "components": ("N|SHARE", "A count (128) or a share of the variance (0.95)."),
    "max_rejected": ("SHARE", "More rejects than this share of the work: exit code 3."),
    "split": ("NAME", "Keep the images of one split."),
    "prune": (None, "Drop the rows of images that the input does not hold any more."),
    "runner": ("NAME", "Who spreads the work over the cores."),
    "master": ("URL", "Spark's master, for example local[4]."),
}

Decorator = Callable[[Callable[..., None]], Callable[..., None]]

with_page = click.option(
    "--report/--no-report",
    "page",
    default=True,
    envvar="FRUITS_REPORT",
    help="End with the page report.html.  [default: report]",
)

as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def settings(*, without: Collection[str] = ()) -> Decorator:
    """Give a command `--config FILE.toml` and the options of Config, but for those named."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for name in reversed([name for name in OPTIONS if name not in without]):
            command = _option(name)(command)
        return click.option("--config", "config_file", metavar="FILE.toml", help="Settings.")(
            command
        )

    return decorate


def _option(name: str) -> Decorator:
    metavar, text = OPTIONS[name]
    if metavar is None:
        return click.option(f"--{name}", name, is_flag=True, default=None, help=text)
    if name in CHOICES:
        text += f" One of: {', '.join(CHOICES[name])}."
    if default := getattr(Config, name, None):
        text += f"  [default: {default}]"
    return click.option(f"--{name.replace('_', '-')}", name, metavar=metavar, help=text)


def configure(options: dict[str, Any]) -> Config:
    """Make a Config of a command's options, of FRUITS_* variables and of its --config file."""
    given = dict(options)
    return resolve_config(given, config_file=given.pop("config_file", None))
