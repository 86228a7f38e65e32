"""The command under test: `fruits run` as a process of its own, undisturbed for a reference."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.attempts import Attempt
from benchmarks.final_state import State, count_rows, inconsistencies, read_state
from benchmarks.reads import NOISE, Reads

PATIENCE_SECONDS = 600.0
"""A run that takes longer hangs."""


@dataclass(frozen=True)
class Chain:
    """How to run the chain on a folder of photos: options of the runner, network, environment."""

    photos: Path
    options: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    model: str = "fruitnet"

    def start(self, output: Path) -> Attempt:
        """Start a run; what it says, and its temporary files, go to a place beside the output."""
        rubbish = rubbish_of(output)
        rubbish.mkdir(parents=True, exist_ok=True)
        folders = dict.fromkeys(("TMPDIR", "SPARK_LOCAL_DIRS"), str(rubbish))
        command = [
            sys.executable,
            "-m",
            "fruits.cli",
            "run",
            "--no-report",
            "--input",
            str(self.photos),
        ]
        command += ["--output", str(output), "--model", self.model, *self.options]
        return Attempt(
            command, log=output.with_name(f"{output.name}.log"), environ={**folders, **self.environ}
        )

    @property
    def where(self) -> str:
        """Name the place where the units are done: `local` or Spark's master."""
        return self.options[-1]

    def files(self) -> list[Path]:
        """Return the files to featurise."""
        return [file for file in self.photos.rglob("*") if file.is_file()]


@dataclass(frozen=True)
class Reference:
    """An undisturbed run: what it left in `output`, how long it took, and on how many slots.

    `reads` tells whether this filesystem lets one count how often an image is read.
    """

    chain: Chain
    output: Path
    state: State
    images: int
    slots: int
    seconds: float
    reads: bool


def run_undisturbed(chain: Chain, output: Path) -> Reference:
    """Run the chain and leave it alone."""
    files = chain.files()
    with Reads(files) as reads, chain.start(output) as attempt:
        code, seconds = attempt.wait(PATIENCE_SECONDS), attempt.seconds
    if code != 0:
        raise RuntimeError(f"undisturbed, a run ends with {code}: {attempt.log.read_text('utf-8')}")
    state, facts = read_state(output), report(output)
    rows = state["features"].num_rows
    if wrong := inconsistencies(facts, images=len(files), rows=rows):
        raise RuntimeError(f"undisturbed, a run already miscounts: {wrong}")
    return Reference(
        chain=chain,
        output=output,
        state=state,
        images=count_rows(state),
        slots=facts["slots"],
        seconds=seconds,
        reads=abs(reads.count - len(files)) <= NOISE * len(files),
    )


def rubbish_of(output: Path) -> Path:
    """Name the folder where the runs on an output keep their temporary files."""
    return output.with_name(f"{output.name}.tmp")


def report(output: Path) -> dict[str, Any]:
    """Read report.json."""
    facts: dict[str, Any] = json.loads((output / "report.json").read_text("utf-8"))
    return facts


def spark_home(folder: Path) -> Path:
    """Make a Spark home of links to pyspark's, but with a `work` folder of its own.

    local-cluster writes the executors' logs to `work` below the home, here a virtual environment.
    """
    import pyspark

    home = folder / "spark-home"
    home.mkdir()
    for entry in Path(pyspark.__file__).parent.iterdir():
        if entry.name != "work":
            (home / entry.name).symlink_to(entry)
    return home
