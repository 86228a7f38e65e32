"""Hadoop's jars: brought by Maven where they are not there yet, and checked one by one."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
LOCK: Final = HERE / "jars.sha256"


def hadoop_jars(folder: Path) -> list[Path]:
    """Return the jars in `folder`, letting Maven bring them first if one is missing.

    Raises SystemExit, saying which, for a jar that is not the one in jars.sha256, or where there is
    no Maven.
    """
    wanted = read_lock()
    if not all((folder / name).is_file() for name in wanted):
        _bring(folder)
    for name, digest in wanted.items():
        found = _sha256(folder / name)
        if found != digest:
            raise SystemExit(f"{folder / name} has sha256 {found}, {LOCK.name} says {digest}")
    return [(folder / name).resolve() for name in wanted]


def read_lock() -> dict[str, str]:
    """Read jars.sha256: digests by name, as sha256sum writes them."""
    lines = (line.split() for line in LOCK.read_text("ascii").splitlines())
    return {name: digest for digest, name in lines}


def _bring(folder: Path) -> None:
    if shutil.which("mvn") is None:
        raise SystemExit(
            "the rehearsal needs Maven for Hadoop's jars (Debian: apt-get install maven)"
        )
    subprocess.run(
        ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies",
         f"-DoutputDirectory={folder}"],
        check=True,
    )  # fmt: skip


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
