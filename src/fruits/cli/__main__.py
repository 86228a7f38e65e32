"""Lets `python -m fruits.cli` do what `fruits` does."""

from fruits.cli.main import main

main()
