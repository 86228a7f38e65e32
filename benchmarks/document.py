"""Writes docs/benchmarks.md and its plots from the figures that `compare` has kept.

python -m benchmarks.document [FILE.json]    the newest comparison by default
"""

import argparse
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.compare import summarise, table
from benchmarks.figures import FOLDER

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "benchmarks.md"
COLOURS = {1: "#9aa5b1", 2: "#9aa5b1", 3: "#9aa5b1", 4: "#6b7785", 5: "#c2410c"}

METHOD = """\
Every chain starts as a command on a machine that does nothing else, takes the same photos, the
same weights and the same cores, and ends when its matrix of 100 components lies on the disk, as
CSV and Parquet; start-up is included. They take turns, the bare engine loop before and after.
*Efficiency* is the rate of the features stage over that of the engine loop: the network alone, on
photos already decoded, on the same slots. Processor seconds and memory are those of all processes
of a chain, sampled four times a second; memory that processes share is counted once. *Least
cosine* compares each chain's vectors with the apprentice's (TensorFlow, Pillow), image by image;
*subspace* is the cosine of the largest angle between its components and those of plain Python
(scikit-learn's exact PCA, centred and not scaled). The apprentice's chain standardises, so its
subspace is another one on purpose.

Who takes part: [contestants.py](../benchmarks/contestants.py); how each is written:
[peers](../benchmarks/peers) and [apprentice.py](../benchmarks/apprentice.py). A reader who knows
one of these engines better is welcome to show how it should have been done.
"""

LIMITS = """\
- One machine, few cores, small photos on a local disk. Ray Data and Daft are made for clusters
  and GPUs, and for sources that are slow: none of that is measured here.
- ONNX Runtime does the work in all chains but the apprentice's; what is compared is what stands
  around it.
- Sampled figures (processor, memory) miss what lives for less than a quarter of a second.
"""


def page(facts: dict[str, Any], source: str) -> str:
    """Return the document."""
    machine = facts["machine"]
    packages = ", ".join(f"{name} {v}" for name, v in machine["packages"].items() if v)
    plots = "\n\n".join(
        f"![Seconds from command to matrix at {size['images']:,} images]({_plot_name(size)})"
        for size in facts["sizes"]
    )
    return "\n".join([
        "# Benchmarks",
        "",
        f"Made by `python -m benchmarks.document` from `{source}`; not written by hand.",
        "",
        f"Machine: {machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{machine['system']}, Python {machine['python']}; {facts['slots']} slots. {packages}.",
        "",
        plots,
        "",
        table(facts),
        "",
        "## Where the time of ours goes",
        "",
        stages(facts),
        "",
        "## Method",
        "",
        METHOD,
        "## Limits",
        "",
        LIMITS,
        "## Again",
        "",
        "    make peers",
        "    make bench",
        "    python -m benchmarks.document",
        "",
    ])  # fmt: skip


def stages(facts: dict[str, Any]) -> str:
    """Lay out the seconds of each stage of our chains."""
    names = ("start", "list", "features", "reduce", "publish", "total")
    rows = [f"| images | chain | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]
    for size in facts["sizes"]:
        for line in summarise(size):
            if line.get("group") == 5:
                spent = " | ".join(f"{line['stages'].get(name, 0):.1f}" for name in names)
                rows.append(f"| {size['images']:,} | {line['name']} | {spent} |")
    return "\n".join(rows)


def plot(size: dict[str, Any]) -> None:
    """Draw the seconds from command to matrix as bars, the engine's own time as a line."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "fruits"
    from matplotlib import pyplot as plt

    lines = [line for line in summarise(size) if "seconds" in line][::-1]
    engine = statistics.median(loop["images_per_second"] for loop in size["engine"])
    figure, axes = plt.subplots(figsize=(8, 0.35 * len(lines) + 1.2), layout="constrained")
    bars = axes.barh(
        [line["name"] for line in lines],
        [line["seconds"] for line in lines],
        color=[COLOURS[line["group"]] for line in lines],
    )
    axes.bar_label(bars, fmt="%.0f", padding=3)
    axes.axvline(size["images"] / engine, color="#1f2933", linestyle=":", linewidth=1)
    axes.set_xlabel("seconds, command to matrix (dotted: the network alone)")
    axes.set_title(f"{size['images']:,} images", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(DOCS / _plot_name(size), metadata={"Date": None})
    plt.close(figure)


def _plot_name(size: dict[str, Any]) -> str:
    return f"images/benchmark-{size['images']}.svg"


def newest() -> Path:
    """Return the newest comparison kept."""
    files = sorted(FOLDER.glob("compare-*.json"))
    if not files:
        raise SystemExit("no comparison yet: run `make bench` first")
    return files[-1]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page and its plots."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="figures (default: the newest)")
    file: Path = parser.parse_args(arguments).file or newest()
    facts = json.loads(file.read_text("utf-8"))
    for size in facts["sizes"]:
        plot(size)
    PAGE.write_text(page(facts, file.name), "utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
