"""Where every benchmark keeps its figures: one JSON file per run in benchmarks/results/."""

import json
import time
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "results"


def keep(name: str, facts: dict[str, Any]) -> None:
    """Write the facts as `<name>-<time>.json` and say where."""
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    file.write_text(json.dumps(facts, indent=2))
    print(f"\nall figures: {file.relative_to(FOLDER.parents[1])}")
