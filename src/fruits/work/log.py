"""A line per unit on a worker's stderr, where a cluster keeps logs; elsewhere silence."""

import os
import sys
from datetime import UTC, datetime
from typing import Final

VARIABLE: Final = "FRUITS_WORKER_LOG"
"""Set to 1 on the workers of a cluster; on a laptop their stderr is the user's terminal."""


def tell(run_id: str, line: str) -> None:
    """Write a dated line that names the run, if this worker is to keep a log."""
    if os.environ.get(VARIABLE) == "1":
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        sys.stderr.write(f"{now} fruits run {run_id} {line}\n")
        sys.stderr.flush()
