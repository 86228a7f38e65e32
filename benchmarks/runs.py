"""Runs the chain as a user would, in a process of its own, and watches its memory."""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.processes import run


def run_chain(photos: Path | str, output: Path, *, model: str, **options: str) -> dict[str, Any]:
    """Run `fruits run`; return its report, and `peak_of`: see `processes.Cost`."""
    command = [sys.executable, "-m", "fruits.cli", "run", "--no-report", "--input", str(photos)]
    command += ["--output", str(output), "--model", model]
    for name, value in options.items():
        command += [f"--{name}", value]
    cost = run(command)
    report: dict[str, Any] = json.loads((output / "report.json").read_text("utf-8"))
    return report | {"process_seconds": round(cost.seconds, 3), "peak_of": cost.peak_of}
