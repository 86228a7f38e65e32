"""Adds what a run has cost to its report, once the machines have gone and their bill is known."""

import json
from collections.abc import Mapping
from typing import Any, Final

from fruits.storage.output import Output

KEY: Final = "cost"


def add_cost(output: Output, report: str, run_id: str, cost: Mapping[str, Any]) -> bool:
    """Write a run's cost into the report of that name; tell whether it is that run's report.

    The driver writes the report while the machines that are to be paid still run.
    """
    content = output.read(report)
    facts: dict[str, Any] = json.loads(content) if content else {}
    if facts.get("run_id") != run_id:
        return False
    facts[KEY] = dict(cost)
    output.write(report, json.dumps(facts, indent=2, ensure_ascii=False).encode())
    return True
