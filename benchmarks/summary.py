"""The figures of a comparison → one line per contestant, and Markdown tables."""

import statistics
from typing import Any


def engine_rates(size: dict[str, Any]) -> dict[str, float]:
    """Return images per second of the bare engine loop, by backend: medians, the fastest first."""
    found: dict[str, list[float]] = {}
    for loop in size["engine"]:
        found.setdefault(loop["backend"], []).append(loop["images_per_second"])
    rates = {name: statistics.median(values) for name, values in found.items()}
    return dict(sorted(rates.items(), key=lambda rate: -rate[1]))


def limit_of(size: dict[str, Any]) -> float:
    """Return the images per second of the fastest engine: the physical limit here."""
    return next(iter(engine_rates(size).values()))


def summarise(size: dict[str, Any]) -> list[dict[str, Any]]:
    """Reduce the rounds of one size to a line per contestant: medians, and ratios."""
    engine = limit_of(size)
    lines = []
    for name in dict.fromkeys(found["name"] for found in size["runs"]):
        runs = [found for found in size["runs"] if found["name"] == name]
        if errors := [found["error"] for found in runs if "error" in found]:
            lines.append({"name": name, "error": errors[0]})
            continue
        seconds = statistics.median(found["seconds"] for found in runs)
        features = statistics.median(found["stages"]["features"] for found in runs)
        lines.append({
            "name": name,
            "group": runs[0]["group"],
            "seconds": seconds,
            "images_per_second": size["images"] / seconds,
            "steady_images_per_second": size["images"] / features,
            "efficiency": size["images"] / features / engine,
            "cpu_seconds": statistics.median(found["cpu_seconds"] for found in runs),
            "peak_mb": max(found["peak_mb"] for found in runs),
            "least_cosine": runs[0].get("least_cosine"),
            "subspace_cosine": runs[0].get("subspace_cosine"),
            "stages": runs[0]["stages"],
            "own_efficiency": runs[0].get("throughput", {}).get("efficiency"),
        })  # fmt: skip
    return sorted(lines, key=lambda line: line.get("seconds", float("inf")))


def _drift(size: dict[str, Any], backend: str) -> str:
    """Show an engine's rates in the order in which they were measured: before, and after all."""
    rates = [loop["images_per_second"] for loop in size["engine"] if loop["backend"] == backend]
    return " → ".join(f"{rate:.0f}" for rate in rates)


def table(facts: dict[str, Any]) -> str:
    """Lay the figures out as Markdown tables, one per size."""
    blocks = []
    for size in facts["sizes"]:
        loops = ", ".join(f"{name} {_drift(size, name)}" for name in engine_rates(size))
        rows = [f"### {size['images']:,} images (engine loop, images/s: {loops})", "", HEAD]
        rows += [_row(line) for line in summarise(size)]
        blocks.append("\n".join(rows))
    return "\n\n".join(blocks)


HEAD = (
    "| chain | seconds, command to matrix | images/s, features stage | efficiency | CPU s | peak MB"
    " | least cosine | subspace |\n|---|---|---|---|---|---|---|---|"
)


def _row(line: dict[str, Any]) -> str:
    if "error" in line:
        return f"| {line['name']} | failed | | | | | | |"
    cosine, angle = (line[key] for key in ("least_cosine", "subspace_cosine"))
    return (
        f"| {line['name']} | {line['seconds']:.1f} | {line['steady_images_per_second']:.0f}"
        f" | {line['efficiency']:.2f} | {line['cpu_seconds']:.0f} | {line['peak_mb']:,}"
        f" | {'' if cosine is None else f'{cosine:.6f}'}"
        f" | {'' if angle is None else f'{angle:.6f}'} |"
    )
