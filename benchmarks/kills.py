"""Kills drivers, Python workers and executors at random moments, and looks at what is left.

    python -m benchmarks.kills [--runs 24] [--seed 0] [--images 12000] [--runner spark|local|both]
                               [--only driver,worker,executor]

Draws small images, runs the chain once undisturbed on every kind of runner, then again and again
on fresh outputs, each time with one `kill -9` at a moment drawn from that run's whole duration.
A run that dies of it is started again until it ends. Its final state must then equal the
undisturbed one, row for row, and nothing but results may lie in the output. Half of the drivers
killed are succeeded at once, while their workers may live; the others after those have ended, so
that one can tell exactly what the next run had to do. Exit code 1, and the output kept, otherwise.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.attempts import VICTIMS, Attempt, Victim
from benchmarks.chain import Chain, Reference, rubbish_of, run_undisturbed, spark_home
from benchmarks.figures import keep
from benchmarks.rounds import Kill, Round, disturb
from fruits.images.orchard import draw_orchard

SPECIES = 12
SIDE = 48
BROKEN = 9
MISSES = 5
"""How often a moment is drawn again where there was nobody to kill."""

PLACES: dict[str, tuple[str, ...]] = {
    "local": ("--runner", "local"),
    "spark": ("--master", "local[2]"),
    "cluster": ("--master", "local-cluster[2,1,1024]"),
}

Case = tuple[str, Victim]
CASES: list[Case] = [
    ("local", "driver"),
    ("spark", "driver"),
    ("cluster", "executor"),
    ("local", "worker"),
    ("spark", "worker"),
    ("cluster", "worker"),
    ("cluster", "driver"),
]


def main() -> None:
    """Draw, run undisturbed, kill; print and keep the figures."""
    options = parse()
    cases = [case for case in CASES if wanted(case, options)]
    folder = Path(tempfile.mkdtemp(prefix="fruits-kills-"))
    chains = make_chains({place for place, _ in cases}, folder, images=options.images)
    references = {place: undisturbed(chain, folder / place) for place, chain in chains.items()}
    rounds = kill_again_and_again(cases, references, options, folder)
    print(table(rounds))
    undone = {place: round(reference.seconds, 1) for place, reference in references.items()}
    facts = {"images": options.images, "seed": options.seed, "undisturbed_seconds": undone}
    keep("kills", facts | {"rounds": [asdict(each) for each in rounds]})
    if any(each.problems for each in rounds):
        sys.exit(f"not every output ended as it should: they are kept in {folder}")
    shutil.rmtree(folder)


def wanted(case: Case, options: argparse.Namespace) -> bool:
    """Tell whether the command line asks for this place and this victim."""
    place, victim = case
    runner = "local" if place == "local" else "spark"
    return options.runner in (runner, "both") and victim in options.only


def make_chains(places: set[str], folder: Path, *, images: int) -> dict[str, Chain]:
    """Draw the images, all of them different, and say how to run the chain on them."""
    photos = folder / "photos"
    draw_orchard(photos, images_per_class=images // SPECIES, size=SIDE, broken=BROKEN)
    environ = {"SPARK_HOME": str(spark_home(folder))} if "cluster" in places else {}
    return {
        place: Chain(photos, options, environ)
        for place, options in PLACES.items()
        if place in places
    }


def undisturbed(chain: Chain, output: Path) -> Reference:
    """Run the chain undisturbed and say on stderr how long that took."""
    reference = run_undisturbed(chain, output)
    say(f"{chain.where}: {reference.images:,} images in {reference.seconds:.1f} s")
    return reference


def kill_again_and_again(
    cases: Sequence[Case], references: dict[str, Reference], options: argparse.Namespace, to: Path
) -> list[Round]:
    """Take turns over the cases until there have been `--runs` kills."""
    rng = random.Random(options.seed)
    rounds: list[Round] = []
    for (place, victim), share in draw_schedule(cases, options.runs, rng=rng):
        reference, output = references[place], to / f"{len(rounds):03d}"
        # Every other dead driver is succeeded at once.
        at_once = victim == "driver" and len(rounds) // len(cases) % 2 == 1
        for moment in (share, *(rng.random() for _ in range(MISSES))):
            kill = Kill(victim, after(moment * reference.seconds), at_once=at_once, rng=rng)
            if found := disturb_and_tidy(reference, output, kill):
                rounds.append(found)
                say(f"{len(rounds)}/{options.runs} {found}")
                break
    return rounds


def draw_schedule(
    cases: Sequence[Case], runs: int, *, rng: random.Random
) -> list[tuple[Case, float]]:
    """Draw for each kill how much of an undisturbed run's duration has passed, from 0 to 1.

    Of n kills of one case, one falls in each n-th of the duration, in any order.
    """
    each = -(-runs // len(cases))
    shares = {case: [(turn + rng.random()) / each for turn in range(each)] for case in cases}
    for drawn in shares.values():
        rng.shuffle(drawn)
    return [(case, shares[case][turn]) for turn in range(each) for case in cases][:runs]


def after(seconds: float) -> Callable[[Attempt], bool]:
    """Say when a run has lasted so long."""
    return lambda attempt: attempt.seconds >= seconds


def disturb_and_tidy(reference: Reference, output: Path, kill: Kill) -> Round | None:
    """Disturb a run, and remove its output unless it ended badly."""
    found = disturb(reference, output, kill)
    shutil.rmtree(rubbish_of(output))
    if found is None or not found.problems:
        shutil.rmtree(output, ignore_errors=True)
    return found


def table(rounds: Sequence[Round]) -> str:
    """Lay the rounds out as Markdown, one line for each kind of kill."""
    titles = (
        "where", "killed", "next run", "kills", "ended by itself", "reruns",
        "images read again, mean", "max", "outlived by s, max", "ended otherwise",
    )  # fmt: skip
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    kinds = sorted({each.kind for each in rounds})
    for kind in kinds:
        cells = summary([each for each in rounds if each.kind == kind])
        lines.append("| " + " | ".join([*kind, *cells]) + " |")
    return "\n".join(lines)


def summary(rounds: Sequence[Round]) -> list[str]:
    """Count the kills of one kind and what they cost."""
    again = [each.read_again for each in rounds if each.read_again is not None]
    return [
        str(len(rounds)),
        str(sum(not each.reruns for each in rounds)),
        str(sum(each.reruns for each in rounds)),
        f"{sum(again) / len(again):,.0f}" if again else "not measured",
        f"{max(again):,}" if again else "not measured",
        f"{max(each.outlived_seconds for each in rounds):.1f}",
        str(sum(bool(each.problems) for each in rounds)),
    ]


def say(text: str) -> None:
    """Tell whoever waits."""
    print(text, file=sys.stderr, flush=True)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=24, help="kills, not counting misses")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=int, default=12_000)
    parser.add_argument("--runner", choices=("spark", "local", "both"), default="both")
    parser.add_argument(
        "--only", type=lambda text: text.split(","), default=VICTIMS, help="kinds of victims"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
