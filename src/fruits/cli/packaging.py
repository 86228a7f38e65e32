"""`fruits cloud package`: makes a package, and tells what in it weighs how much."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from fruits.cli.console import err, out, show_json, show_table
from fruits.cloud.dependencies import PLATFORMS, PYTHON, lock_file
from fruits.cloud.package import Package, Recipe, build_package, packages_folder

LISTED: Final = 10


def make_and_show(
    output: Path | None, given: Mapping[str, Any], *, dry_run: bool, as_json: bool
) -> None:
    """Make the package and print its folder and its weights; or, dry, what would go into it."""
    recipe = Recipe(**given)
    if dry_run:
        show_recipe(recipe, as_json=as_json)
        return
    started = perf_counter()
    package = build_package(recipe, output or packages_folder())
    err.print(f"{perf_counter() - started:.1f} s")
    if as_json:
        show_json({"folder": str(package.folder), **asdict(package.manifest)})
    else:
        show_package(package)


def show_package(package: Package) -> None:
    """Print where the package is, and whose bytes it consists of."""
    manifest = package.manifest
    heaviest = sorted(manifest.bytes_by_part.items(), key=lambda item: -item[1])
    rows = [{"part": name, "MB": f"{size / 1e6:.1f}"} for name, size in heaviest[:LISTED]]
    rest = sum(size for _, size in heaviest[LISTED:])
    rows.append({"part": f"{len(heaviest) - len(rows)} others", "MB": f"{rest / 1e6:.1f}"})
    rows.append({"part": "the archive", "MB": f"{manifest.archive_bytes / 1e6:.1f}"})
    show_table(rows, ["part", "MB"])
    out.print(f"unpacked {manifest.unpacked_bytes / 1e6:,.0f} MB")
    out.print(str(package.folder))


def show_recipe(recipe: Recipe, *, as_json: bool) -> None:
    """Print what a package would be made of."""
    lock = lock_file(recipe.extras).read_text(encoding="utf-8")
    libraries = [line.split(" ")[0] for line in lock.splitlines() if line[:1].isalnum()]
    facts = {
        "platform": f"{recipe.platform} ({PLATFORMS[recipe.platform]}), Python {PYTHON}",
        "networks": ", ".join(recipe.models),
        "extras": ", ".join(recipe.extras) or "none",
        "libraries": ", ".join(libraries),
    }
    if as_json:
        show_json(facts)
    else:
        show_table(
            [{"what": key, "value": value} for key, value in facts.items()], ["what", "value"]
        )
