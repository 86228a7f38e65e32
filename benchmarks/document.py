"""Writes docs/benchmarks.md and its plots from the figures that `compare` and `limits` have kept.

python -m benchmarks.document [FILE.json]    the newest comparison by default
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import FOLDER
from benchmarks.limits import table as limits_table
from benchmarks.plots import draw_bars, draw_growth, plot_name
from benchmarks.summary import summarise, table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"

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

TRIED = """\
One core, one image at a time, the same photos; the ratio is to ONNX Runtime in float32 at 224
pixels, the cosines compare with its vectors. Recognition is 1-nearest-neighbour on a part of
Fruits-360 and on shop photos; with so few, half a point to a point and a half is noise. What
follows from it:

- OpenVINO computes the same numbers faster here: `--backend auto` finds that out
  ([0021](decisions/0021-fastest-engine.md)).
- A smaller input is offered as `--model mobilenet_v2@160`: another network, with its own
  fingerprint.
- int8 is the fastest and loses no recognition that can be measured, but its vectors are
  approximations (least cosine 0.93), and how fast and how exact it is depends on the processor.
  Not offered.
- bfloat16 is slower than float32 on a processor without AMX, and about as inexact as int8.
- Larger batches are slower: the activations leave the core's cache. A graph without the casts and
  the normalisation in front, fed with floats in the engine's layout, was no faster than the one
  we send.
"""

LIMITS = """\
- One machine, few cores, small photos on a local disk. Ray Data and Daft are made for clusters
  and GPUs, and for sources that are slow: none of that is measured here.
- The peers run ONNX Runtime, as their users mostly would; ours runs whatever `--backend auto`
  finds faster here. To compare only what stands around the engine, look at our lines that say
  ONNX Runtime.
- The machine is a virtual one, and its speed moves: each heading has the engine loops' rates
  before and after its chains, in this order of time. One round each, so a difference of a few
  hundredths between two chains means nothing.
- Sampled figures (processor, memory) miss what lives for less than a quarter of a second.
"""


def page(facts: dict[str, Any], source: str) -> str:
    """Return the document."""
    machine = facts["machine"]
    packages = ", ".join(f"{name} {v}" for name, v in machine["packages"].items() if v)
    plots = "\n\n".join(
        f"![Seconds from command to matrix at {size['images']:,} images]({plot_name(size)})"
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
        "Seconds of the driver's clock, by stage. This efficiency is the run's own, as in its "
        "report: against the rate of the engine in the same minutes, with all slots busy.",
        "",
        stages(facts),
        "",
        "What the workers did during the features stage, seconds per slot: the network (`embed`), "
        "decoding and resizing (`prepare`), the rest.",
        "",
        workers(facts),
        "",
        "## How cost grows",
        "",
        "Seconds from command to matrix; on one core, the process and all that it starts are "
        "pinned to it.",
        "",
        "![Seconds against images](images/benchmark-growth.svg)",
        "",
        growth(facts),
        "",
        "## What could move the limit",
        "",
        TRIED,
        limits(),
        "",
        "## Method",
        "",
        METHOD,
        "## Limits",
        "",
        LIMITS,
        *[f"- {remark}" for remark in facts.get("remarks", [])],
        "",
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
    heads = [*names, "efficiency"]
    rows = [f"| images | chain | {' | '.join(heads)} |", "|---" * (len(heads) + 2) + "|"]
    for size in facts["sizes"]:
        for line in summarise(size):
            if line.get("group") == 5:
                spent = " | ".join(f"{line['stages'].get(name, 0):.1f}" for name in names)
                share = line["own_efficiency"] or 0
                rows.append(f"| {size['images']:,} | {line['name']} | {spent} | {share:.2f} |")
    return "\n".join(rows)


def workers(facts: dict[str, Any]) -> str:
    """Lay out what the workers of our chains did, in seconds per slot."""
    names = ("embed", "prepare", "fetch", "rows", "write")
    rows = [f"| images | chain | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]
    for size in facts["sizes"]:
        for run in size["runs"]:
            if run["turn"] == 0 and "worker_seconds" in run:
                spent = [run["worker_seconds"].get(name, 0) / facts["slots"] for name in names]
                figures = " | ".join(f"{seconds:.2f}" for seconds in spent)
                rows.append(f"| {size['images']:,} | {run['name']} | {figures} |")
    return "\n".join(rows)


def growth(facts: dict[str, Any]) -> str:
    """Lay out the seconds from command to matrix by images and cores."""
    runs = [run for run in facts["growth"] if "seconds" in run]
    courses = sorted({(run["images"], run["cores"]) for run in runs})
    heads = [f"{images:,} on {cores} core{'s' * (cores > 1)}" for images, cores in courses]
    rows = [f"| chain | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for name in dict.fromkeys(run["name"] for run in runs):
        found = {(r["images"], r["cores"]): r["seconds"] for r in runs if r["name"] == name}
        cells = " | ".join(f"{found[c]:.1f}" if c in found else "" for c in courses)
        rows.append(f"| {name} | {cells} |")
    return "\n".join(rows)


def limits() -> str:
    """Lay out the newest figures of what could make the engine itself faster, if there are any."""
    file = newest("limits")
    if file is None:
        return "No figures kept: `python -m benchmarks.limits`."
    return f"From `{file.name}`.\n\n{limits_table(json.loads(file.read_text('utf-8'))['variants'])}"


def newest(name: str) -> Path | None:
    """Return the newest figures that the benchmark `name` has kept."""
    return max(FOLDER.glob(f"{name}-*.json"), default=None)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page and its plots."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="figures (default: the newest)")
    file: Path | None = parser.parse_args(arguments).file or newest("compare")
    if file is None:
        raise SystemExit("no comparison yet: run `make bench` first")
    facts = json.loads(file.read_text("utf-8"))
    for size in facts["sizes"]:
        draw_bars(size)
    draw_growth(facts["growth"])
    PAGE.write_text(page(facts, file.name), "utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
