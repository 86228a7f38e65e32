"""What other measurements have kept and the review quotes, and how the code divides."""

import json
from pathlib import Path
from typing import Any, Final

from benchmarks.document import newest
from benchmarks.summary import summarise

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCE: Final = ROOT / "src" / "fruits"
CHAINS: Final = {
    "apprentice": "apprentice", "best": "apprentice, best variant", "tools": "Spark's own tools",
    "plain": "plain Python", "spark": "fruits, Spark", "local": "fruits, local",
    "daft": "Daft", "ray": "Ray Data",
}  # fmt: skip


def measure() -> dict[str, Any]:
    """Return the newest comparison's figures, by images and chain, and the lines of code."""
    return {"chains": chains(), "code": code()}


def chains() -> dict[str, Any]:
    """Return seconds, images per second and peak memory of the chains that the review names."""
    file = newest("compare")
    if file is None:
        raise SystemExit("no comparison kept: run `make bench` first")
    sizes = json.loads(file.read_text("utf-8"))["sizes"]
    return {str(size["images"]): _chains_of(size) for size in sizes}


def _chains_of(size: dict[str, Any]) -> dict[str, Any]:
    lines = {line["name"]: line for line in summarise(size) if "seconds" in line}
    keys = ("seconds", "peak_mb", "steady_images_per_second")
    return {
        key: {name: lines[chain].get(name) for name in keys}
        for key, chain in CHAINS.items()
        if chain in lines
    }


def code() -> dict[str, float]:
    """Count the lines of Python: all of ours, those for a cloud, those of the plain chain."""
    aws = lines_of(SOURCE / "cloud" / "aws")
    everything = lines_of(SOURCE)
    cloud = lines_of(SOURCE / "cloud")
    plain = ROOT / "benchmarks" / "peers"
    return {
        "all": everything,
        "cloud": cloud,
        "aws": aws,
        "aws_share": aws / everything,
        "spark": lines_of(SOURCE / "spark"),
        "plain": sum(count(plain / name) for name in ("plain.py", "pieces.py")),
    }


def lines_of(folder: Path) -> int:
    """Count the lines of the Python files of a folder, and of those below it."""
    return sum(count(file) for file in folder.rglob("*.py"))


def count(file: Path) -> int:
    """Count the lines of a file."""
    return len(file.read_text("utf-8").splitlines())
