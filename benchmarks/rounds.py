"""One kill: a run that loses a process, the runs that follow until one ends, what all that left."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.attempts import POLL_SECONDS, Attempt, Victim
from benchmarks.chain import PATIENCE_SECONDS, Reference, report
from benchmarks.final_state import (
    differences,
    inconsistencies,
    litter,
    read_state,
    saved_paths,
    unreadable,
)
from benchmarks.reads import NOISE, Reads
from fruits.work.units import MAX_IMAGES

VICTIM_SECONDS = 10.0
"""How long to wait for a victim where there is none yet at the moment of the kill."""

ORPHAN_SECONDS = 15.0
"""How long the processes of a dead run may go on before they are killed, and counted."""

MOST_RERUNS = 3


@dataclass(frozen=True)
class Kill:
    """Whom to kill, as soon as `when` says so, and how soon the next run begins if this one dies.

    `at_once`: it does not wait for the orphans to end, and so may meet them at work.
    """

    victim: Victim
    when: Callable[[Attempt], bool]
    at_once: bool = False
    rng: random.Random = field(default_factory=random.Random)


@dataclass
class Round:
    """What became of one kill; `problems` is empty if all is as it would be undisturbed.

    `read_again` counts the images read more than once over all attempts (None: not measured),
    `saved` those that the first rerun found done, `outlived_seconds` tells how long the processes
    of a dead run went on, and `survivors` which had to be killed after ORPHAN_SECONDS.
    """

    where: str
    victim: Victim
    at_once: bool
    second: float = 0.0
    stage: str = ""
    reruns: int = 0
    saved: int = 0
    redone: int = 0
    read_again: int | None = None
    outlived_seconds: float = 0.0
    survivors: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def kind(self) -> tuple[str, str, str]:
        """Say where, who, and when the next run began."""
        waits = {True: "at once", False: "when all are gone"}
        return self.where, self.victim, waits[self.at_once] if self.victim == "driver" else ""


def disturb(reference: Reference, output: Path, kill: Kill) -> Round | None:
    """Run the chain on a fresh output, kill when it is time, rerun until it ends, compare.

    None where there was nobody to kill.
    """
    chain = reference.chain
    found = Round(chain.where, kill.victim, kill.at_once)
    with Reads(chain.files()) as reads, chain.start(output) as attempt:
        if not _strike(attempt, kill, found):
            return None
        ended = _see_it_through(attempt, found, reference, output)
    if ended:
        found.read_again = reads.count - reference.images if reference.reads else None
        found.problems += _final_problems(found, reference, output)
    return found


def _strike(attempt: Attempt, kill: Kill, found: Round) -> bool:
    """Wait for the moment and kill; tell whether there was somebody to kill."""
    while attempt.ended is None and not kill.when(attempt):
        time.sleep(POLL_SECONDS)
    stage = attempt.kill(kill.victim, rng=kill.rng, patience=VICTIM_SECONDS)
    found.second, found.stage = round(attempt.seconds, 2), stage or ""
    return stage is not None


def _see_it_through(attempt: Attempt, found: Round, reference: Reference, output: Path) -> bool:
    """Wait for the disturbed run's end, then run again until a run ends well; tell if one did."""
    code = attempt.wait(PATIENCE_SECONDS)
    if code is None:
        found.problems.append(f"hung in {attempt.stage} after its {found.victim} was killed")
    if not found.at_once:
        _let_orphans_end(attempt, found)
    if code != 0:
        found.problems += unreadable(output)
        found.saved = len(saved_paths(output))
        code = _run_again(found, reference, output)
    if found.at_once:
        _let_orphans_end(attempt, found)
    return code == 0


def _let_orphans_end(attempt: Attempt, found: Round) -> None:
    found.outlived_seconds = round(attempt.outlive(ORPHAN_SECONDS), 1)
    found.survivors += attempt.end()


def _run_again(found: Round, reference: Reference, output: Path) -> int | None:
    code: int | None = None
    while code != 0 and found.reruns < MOST_RERUNS:
        found.reruns += 1
        with reference.chain.start(output) as attempt:
            code = attempt.wait(PATIENCE_SECONDS)
        if code != 0:
            said = attempt.log.read_text("utf-8").strip().splitlines()[-1:]
            found.problems.append(f"rerun {found.reruns} ended with {code}: {said}")
    if code == 0:
        _check_redone(found, reference, report(output)["images"])
    return code


def _check_redone(found: Round, reference: Reference, counts: dict[str, int]) -> None:
    """The rerun does all that was not saved and, once no orphan works any more, nothing else."""
    found.redone = counts["featurised"] + counts["rejected"]
    left = reference.images - found.saved
    if found.redone > left or (found.redone < left and not found.at_once):
        found.problems.append(f"the rerun did {found.redone} images, {left} were left to do")


def _final_problems(found: Round, reference: Reference, output: Path) -> list[str]:
    state = read_state(output)
    problems = differences(state, reference.state)
    problems += [f"left behind: {name}" for name in litter(output, reference=reference.output)]
    problems += inconsistencies(
        report(output), images=reference.images, rows=state["features"].num_rows
    )
    most = reference.slots * MAX_IMAGES
    if found.read_again is not None and not 0 <= found.read_again <= most * (1 + NOISE):
        problems.append(f"{found.read_again} images were read again, {most} can be in flight")
    return problems
