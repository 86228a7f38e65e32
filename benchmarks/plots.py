"""The plots of docs/benchmarks.md, as SVG that is the same for the same figures."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

from benchmarks.summary import limit_of, summarise

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "fruits"
mpl.rcParams["font.size"] = 9

from matplotlib import pyplot as plt  # noqa: E402  (the backend comes first)

DOCS = Path(__file__).resolve().parents[1] / "docs"
OURS, PLAIN, OTHERS, INK = "#c2410c", "#4b5563", "#9aa5b1", "#1f2933"
COLOURS = {4: PLAIN, 5: OURS}
LINES = {"plain Python": PLAIN, "fruits, Spark": "#f59e0b", "fruits, local": OURS}


def plot_name(size: dict[str, Any]) -> str:
    """Name the bars of one size, as docs/ sees them."""
    return f"images/benchmark-{size['images']}.svg"


def draw_bars(size: dict[str, Any]) -> None:
    """Draw the seconds from command to matrix as bars, the engine's own time as a line."""
    lines = [line for line in summarise(size) if "seconds" in line][::-1]
    figure, axes = plt.subplots(figsize=(8, 0.3 * len(lines) + 1.1), layout="constrained")
    bars = axes.barh(
        [line["name"] for line in lines],
        [line["seconds"] for line in lines],
        color=[COLOURS.get(line["group"], OTHERS) for line in lines],
    )
    axes.bar_label(bars, fmt="%.1f", padding=3)
    axes.axvline(size["images"] / limit_of(size), color=INK, linestyle=":", linewidth=1)
    axes.set_xlabel("seconds, command to matrix (dotted: the network alone)")
    axes.set_title(f"{size['images']:,} images", loc="left")
    axes.margins(x=0.08)
    _save(figure, axes, plot_name(size))


def draw_growth(runs: list[dict[str, Any]]) -> None:
    """Draw seconds against images for the chains that grew, and the one-core runs beside them."""
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    for name in dict.fromkeys(run["name"] for run in runs):
        mine = [run for run in runs if run["name"] == name and "seconds" in run]
        colour, most = LINES.get(name, OTHERS), max(run["cores"] for run in mine)
        points = sorted((r["images"], r["seconds"]) for r in mine if r["cores"] == most)
        axes.plot(*zip(*points, strict=True), "o-", color=colour, label=f"{name}, {most} cores")
        single = [(r["images"], r["seconds"]) for r in mine if r["cores"] == 1]
        for images, seconds in single:
            axes.plot(images, seconds, "x", color=colour, label=f"{name}, 1 core")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xticks(ticks := sorted({run["images"] for run in runs}), [f"{n:,}" for n in ticks])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.set_xlabel("images")
    axes.set_ylabel("seconds, command to matrix")
    axes.legend(frameon=False, fontsize=8)
    _save(figure, axes, "images/benchmark-growth.svg")


def _save(figure: Any, axes: Any, name: str) -> None:  # noqa: ANN401
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(DOCS / name, metadata={"Date": None})
    plt.close(figure)
