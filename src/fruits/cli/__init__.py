"""The commands. This folder is the only place that prints or exits."""

from fruits.cli.main import cli, main

__all__ = ["cli", "main"]
