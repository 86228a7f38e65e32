"""Measures what docs/revue-critique.md says, keeps it, and writes the document.

    python -m benchmarks.critique OUTPUT          measure on a finished run of Fruits-360, and write
    python -m benchmarks.critique OUTPUT --only driver scenes
    python -m benchmarks.critique --write         write the document again, from the newest figures

OUTPUT is a local output of `fruits run --model mobilenet_v2` on Fruits-360; it is only read. The
shop and phone photos come from ../shared/data, the weights from FRUITS_WEIGHTS. With `--only` the
other parts are those of the newest figures. About ten minutes on 2 cores.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from benchmarks.critique import cited, driver, notebook, scenes, shops, splits, thresholds
from benchmarks.critique.document import newest_facts, write
from benchmarks.figures import keep
from benchmarks.machine import describe_machine

PARTS: Final[dict[str, Callable[[str], dict[str, Any]]]] = {
    "splits": splits.measure,
    "shops": shops.measure,
    "scenes": scenes.measure,
    "driver": driver.measure,
    "notebook": lambda _: notebook.measure(),
    "thresholds": lambda _: thresholds.measure(),
    "cited": lambda _: cited.measure(),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for, keep the figures, write the document."""
    options = parse(arguments)
    if options.output:
        facts = newest_facts()[1] if set(options.only) < set(PARTS) else {}
        facts |= {"measured": time.strftime("%Y-%m-%d"), "machine": describe_machine()}
        for name in options.only:
            print(name, flush=True)
            facts[name] = PARTS[name](options.output)
        keep("critique", facts)
    print(write())


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; without an output there is nothing but to write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", nargs="?", help="a local output of Fruits-360")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--write", action="store_true", help="measure nothing")
    options = parser.parse_args(arguments)
    if bool(options.output) == options.write:
        parser.error("give either OUTPUT, to measure, or --write")
    return options


if __name__ == "__main__":
    main()
