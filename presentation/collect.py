"""Collects every value that the slides show into facts.json; no path, no name of a machine."""

from pathlib import Path
from typing import Any

from presentation.benchmark_facts import benchmark_facts
from presentation.critique_facts import critique_facts
from presentation.price_facts import price_facts
from presentation.run_facts import run_facts


def collect(output: Path) -> dict[str, Any]:
    """Return the facts of an output of `fruits run`, of the newest benchmarks, and of prices.

    Raises InputError for an output without a report or matrix, FileNotFoundError for a benchmark
    that was not run, ValueError for what the slides have no words for.
    """
    run = run_facts(output)
    return run | benchmark_facts() | critique_facts() | price_facts(run["run.images"])
