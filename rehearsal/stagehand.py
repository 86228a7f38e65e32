"""What every scene needs: fruits as a user types it, files in and out of HDFS, a comparison."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.final_state import State, differences, read_state
from fruits.storage.output import Output


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Stagehand:
    """Runs commands in the environment of one who stands at the edge of the cluster."""

    work: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    def fruits(self, *arguments: str, check: bool = True) -> Said:
        """Run `fruits`; with `check`, an exit code that is not 0 ends the rehearsal."""
        done = self.start(*arguments)
        stdout, stderr = done.communicate()
        said = Said(done.returncode, stdout, stderr)
        if check and said.code:
            raise SystemExit(f"fruits {' '.join(arguments)} ended with {said.code}:\n{stderr}")
        return said

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start `fruits` and return the process."""
        return self.popen([sys.executable, "-m", "fruits.cli", *arguments])

    def popen(self, command: Sequence[str]) -> "subprocess.Popen[str]":
        """Start a command in this environment."""
        return subprocess.Popen(
            list(command), env=self._environment(), text=True, cwd=self.work,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def with_environment(self, more: Mapping[str, str]) -> "Stagehand":
        """Return one who stands there with more variables set."""
        return Stagehand(self.work, {**self.environ, **more})

    def _environment(self) -> dict[str, str]:
        """Return ours without what `make`, or whoever is here, has set for fruits."""
        others = {key: value for key, value in os.environ.items() if not key.startswith("FRUITS_")}
        return others | dict(self.environ)


def copy_in(folder: Path, uri: str) -> int:
    """Copy a folder of this disk to `uri`; return the number of files."""
    place = Output(uri)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in files:
        place.write(path.relative_to(folder).as_posix(), path.read_bytes())
    return len(files)


def copy_out(uri: str, folder: Path) -> Path:
    """Copy what lies at `uri` to a folder of this disk, and return the folder."""
    place = Output(uri)
    for name in place.files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(place.read(name) or b"")
    return folder


def state_of(output: Path) -> State:
    """Read what a run left, less the files' times: a copy in HDFS is younger than its original."""
    state = read_state(output)
    kept = {
        name: [c for c in table.column_names if c != "modified"] for name, table in state.items()
    }
    return {name: table.select(kept[name]) for name, table in state.items()}


def check_same(uri: str, reference: State, copy: Path) -> None:
    """End the rehearsal where an output differs from the reference: rows, vectors, or matrix."""
    found = differences(state_of(copy_out(uri, copy)), reference)
    if found:
        raise SystemExit(f"{uri} is not what the local run made: {'; '.join(found)}")
