"""`python -m presentation` builds the deck; `python -m presentation collect OUTPUT` its facts."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from presentation.canonical import canonical
from presentation.collect import collect
from presentation.deck import build
from presentation.facts import FILE, read_facts, write_facts
from presentation.office import write_pdf

HERE = Path(__file__).parent


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(prog="python -m presentation", description=__doc__)
    parser.add_argument("--to", type=Path, default=HERE / "fruits.pptx", help="the deck's file")
    parser.add_argument("--no-pdf", action="store_true", help="the .pptx alone")
    steps = parser.add_subparsers(dest="step")
    collecting = steps.add_parser("collect", help="write facts.json anew")
    collecting.add_argument("output", type=Path, help="output of `fruits run` on the real photos")
    return parser.parse_args(arguments)


def main() -> None:
    """Collect, or build the deck and, where it has changed, its PDF."""
    options = parse()
    if options.step == "collect":
        write_facts(collect(options.output))
        say(f"{FILE.name} is written: python -m presentation builds the slides with it")
        return
    changed = write_deck(options.to)
    if not options.no_pdf and (changed or not options.to.with_suffix(".pdf").exists()):
        say(f"{write_pdf(options.to).name} is written")


def write_deck(file: Path) -> bool:
    """Build the deck; return whether the file is another one than before."""
    facts = read_facts()
    content = canonical(build(facts), when=facts.take("run.started"))
    changed = not file.exists() or file.read_bytes() != content
    if changed:
        file.write_bytes(content)
    say(f"{file.name} is {'written' if changed else 'as it was'}")
    return changed


def say(words: str) -> None:
    """Tell on stderr."""
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    main()
