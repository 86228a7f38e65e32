"""Who takes part in the comparison: a name, what it is, and the command that runs it."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.equality import last_json
from benchmarks.processes import CommandError, run

HERE: Final = Path(__file__).resolve().parent
PEERS: Final = HERE / "peers"
COMPONENTS: Final = 100


@dataclass(frozen=True)
class Course:
    """What every contestant is given: images, network, cores, and an empty folder to fill."""

    photos: Path
    archive: Path
    onnx: Path
    weights: str
    slots: int
    output: Path


@dataclass(frozen=True)
class Contestant:
    """One way from images to matrix.

    `group` numbers the issue's kinds: 1 apprentice, 2 Spark's own tools, 3 other engines, 4 plain
    Python, 5 ours. `exact` says that the arithmetic is float32 throughout.
    """

    name: str
    group: int
    command: Callable[[Course], list[str]]
    python: str = sys.executable
    exact: bool = True
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def present(self) -> bool:
        """Tell whether its environment has been made (`make peers`)."""
        return Path(self.python).exists()


def _apprentice(*more: str) -> Callable[[Course], list[str]]:
    def command(course: Course) -> list[str]:
        return [
            str(HERE / "apprentice.py"), "--input", str(course.photos), "--weights", course.weights,
            "--output", str(course.output), "--components", str(COMPONENTS),
            *[word.format(slots=course.slots) for word in more],
        ]  # fmt: skip

    return command


def _peer(script: str, *more: str) -> Callable[[Course], list[str]]:
    def command(course: Course) -> list[str]:
        return [
            str(PEERS / script), "--input", str(course.photos), "--onnx", str(course.onnx),
            "--output", str(course.output), "--slots", str(course.slots),
            "--components", str(COMPONENTS), *more,
        ]  # fmt: skip

    return command


def _ours(*more: str, archive: bool = False) -> Callable[[Course], list[str]]:
    def command(course: Course) -> list[str]:
        place = course.archive if archive else course.photos
        words = [word.format(slots=course.slots) for word in more]
        return [
            "-m", "fruits.cli", "run", "--no-report", "--json", "--input", str(place),
            "--output", str(course.output), "--weights", course.weights,
            "--components", str(COMPONENTS), *words,
        ]  # fmt: skip

    return command


def _venv(name: str) -> str:
    return str(HERE.parent / f".venv-{name}" / "bin" / "python")


SPARK: Final = ("--runner", "spark", "--master", "local[{slots}]")

CONTESTANTS: Final = (
    Contestant("apprentice", 1, _apprentice("--master", "local[{slots}]")),
    Contestant("apprentice, local", 1, _apprentice("--master", "local")),
    Contestant("apprentice, best variant", 1, _apprentice("--master", "local[{slots}]", "--once")),
    Contestant("Spark's own tools", 2, _peer("spark_tools.py")),
    Contestant("Ray Data", 3, _peer("ray_data.py"), python=_venv("ray")),
    Contestant("Daft", 3, _peer("daft_chain.py"), python=_venv("daft")),
    Contestant("plain Python", 4, _peer("plain.py")),
    Contestant("fruits, Spark", 5, _ours(*SPARK)),
    Contestant("fruits, local", 5, _ours("--runner", "local")),
    Contestant("fruits, auto", 5, _ours()),
    Contestant("fruits, Spark, zip", 5, _ours(*SPARK, archive=True)),
    Contestant("fruits, Spark, ONNX Runtime", 5, _ours(*SPARK, "--backend", "onnx")),
    Contestant("fruits, local, ONNX Runtime", 5, _ours("--runner", "local", "--backend", "onnx")),
    Contestant("fruits, Spark, TensorFlow", 5, _ours(*SPARK, "--backend", "tensorflow")),
    Contestant("fruits, Spark, bf16", 5, _ours(*SPARK, "--precision", "bf16"), exact=False),
)

SLOW: Final = frozenset({"apprentice, local", "fruits, Spark, TensorFlow"})
"""Those that only `--full` runs at more than 1,000 images: they would take most of the time."""


def peer_environ() -> dict[str, str]:
    """Return the variables that a peer's script needs: its pieces, and one thread per slot."""
    return {"PYTHONPATH": os.pathsep.join([str(PEERS), str(HERE.parent)])}


def run_one(contestant: Contestant, course: Course, *, cores: int | None = None) -> dict[str, Any]:
    """Let a contestant run on an empty output, on `cores` cores only; return what it cost."""
    shutil.rmtree(course.output, ignore_errors=True)
    command = [contestant.python, *contestant.command(course)]
    try:
        cost = run(command, environ=peer_environ(), cores=cores)
    except CommandError as exc:
        return {"error": str(exc)}
    said = last_json(cost.stdout)
    facts = {"stages": said["seconds"], **asdict(cost), "group": contestant.group}
    facts |= {key: said[key] for key in ("throughput", "worker_seconds") if key in said}
    facts.pop("stdout")
    return facts
