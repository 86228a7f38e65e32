"""What a finished run tells on the terminal: what came out, how fast, and where it is."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fruits.cli.console import out, show_json
from fruits.report.facts import RunReport
from fruits.report.packed import PackReport


def show_summary(report: RunReport) -> None:
    """Print the run in a few lines on stdout."""
    out.print(_images(report))
    _rejects_and_files(report)


def show_packed(report: PackReport) -> None:
    """Print a run that packed images in a few lines on stdout."""
    counts = report.images
    out.print(
        f"images    {counts.listed:,} listed, {counts.skipped:,} skipped, "
        f"{counts.featurised:,} packed, {counts.rejected:,} rejected"
        f" in {report.seconds['total']:.1f} s"
    )
    out.print(f"tables    {report.table_files:,} files, {report.table_bytes / 1e6:,.1f} MB written")
    if report.rewritten:
        out.print(
            f"rewritten {report.rewritten:,} files (GIF, BMP, damaged), as PNGs of the same pixels"
        )
    _rejects_and_files(report)


def _rejects_and_files(report: RunReport | PackReport) -> None:
    if report.reasons:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in report.reasons.items())
        out.print(f"rejected  {reasons}  → rejected/")
    if report.images.vanished:
        out.print(_vanished(report))
    if isinstance(report, RunReport) and report.pca is not None:
        out.print(_pca(report))
    if report.cost is not None:
        out.print(_cost(report.cost))
    for name, uri in report.files.items():
        out.print(f"{name:<9} {uri}")


def show_leftovers(found: Sequence[Mapping[str, Any]], *, mended: bool) -> None:
    """Print what dead runs left in an output, and what is, or would be, done about it."""
    if not found:
        out.print("nothing to repair: every file belongs to a table, and none is missing")
        return
    for leftover in found:
        remedy, size, file, what = (leftover[key] for key in ("remedy", "size", "file", "what"))
        out.print(f"{remedy:<7} {size:>12,}  {file}  ({what})")
    size = sum(leftover["size"] for leftover in found) / 1e6
    done = "mended" if mended else "nothing was changed: --yes mends it"
    out.print(f"{len(found):,} files, {size:,.1f} MB: {done}")


def show_report_json(report: RunReport | PackReport) -> None:
    """Print the content of `report.json` on stdout."""
    show_json(json.loads(report.to_json()))


def _cost(cost: Mapping[str, Any]) -> str:
    used = ", ".join(f"{name} {amount:.3f}" for name, amount in cost["resources"].items())
    return f"cost      {cost['euros']:.4f} € before tax ({used}; prices of {cost['dated']})"


def _images(report: RunReport) -> str:
    counts, rate = report.images, report.throughput
    text = (
        f"images    {counts.listed:,} listed, {counts.skipped:,} skipped, "
        f"{counts.featurised:,} featurised, {counts.rejected:,} rejected"
        f" in {report.seconds['total']:.1f} s"
    )
    if rate.images_per_second and rate.efficiency:
        text += f" ({rate.images_per_second:,.0f} images/s, {rate.efficiency:.0%} of the engine)"
    return text


def _vanished(report: RunReport | PackReport) -> str:
    counts = report.images
    what = f"{counts.pruned:,} rows dropped" if counts.pruned else "kept; --prune drops them"
    return f"vanished  {counts.vanished:,} images are not in the input any more ({what})"


def _pca(report: RunReport) -> str:
    pca = report.pca
    assert pca is not None
    share = pca.cumulative[-1]
    needs = ", ".join(f"{level} needs {count}" for level, count in pca.needed.items() if count)
    return f"pca       {pca.components} components explain {share:.2%} ({needs})"
