"""`fruits cloud package`: makes a package, wheels or a bundle, and tells what weighs how much."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from fruits import __version__
from fruits.cli.console import err, out, show_json, show_table
from fruits.cloud import databricks
from fruits.cloud.dependencies import PLATFORMS, PYTHON
from fruits.cloud.listing import libraries
from fruits.cloud.networks import carried
from fruits.cloud.package import Package, Recipe, build_package, packages_folder
from fruits.cloud.wheelhouse import Wheelhouse, build_wheelhouse
from fruits.cloud.wheels import check_extras
from fruits.models.registry import DEFAULT

LISTED: Final = 10

BUILDERS: Final[dict[str | None, Callable[[Recipe, Path], Package | Wheelhouse]]] = {
    None: build_package,
    "emr": build_wheelhouse,
    "databricks": databricks.build_bundle,
}


def make_and_show(
    output: Path | None,
    given: Mapping[str, Any],
    *,
    kind: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make the package and print its folder and its weights; or, dry, what would go into it."""
    recipe = Recipe(**given)
    if dry_run:
        show_recipe(recipe, kind=kind, as_json=as_json)
        return
    started = perf_counter()
    made = BUILDERS[kind](recipe, output or packages_folder())
    err.print(f"{perf_counter() - started:.1f} s")
    if kind == "databricks" and DEFAULT not in recipe.models:
        err.print(f"the job runs {DEFAULT}, unless `export BUNDLE_VAR_model={recipe.models[0]}`")
    if as_json:
        described = made.contents if isinstance(made, Wheelhouse) else made.manifest
        show_json({"folder": str(made.folder), **asdict(described)})
    elif isinstance(made, Wheelhouse):
        show_wheelhouse(made)
    else:
        show_package(made)


def show_package(package: Package) -> None:
    """Print where the package is, and whose bytes it consists of."""
    manifest = package.manifest
    show_weights(manifest.bytes_by_part, "the archive", manifest.archive_bytes)
    out.print(f"unpacked {manifest.unpacked_bytes / 1e6:,.0f} MB")
    out.print(str(package.folder))


def show_wheelhouse(wheelhouse: Wheelhouse) -> None:
    """Print where the wheels are, and which of them weigh most."""
    by_library: dict[str, int] = {}
    for name, size in wheelhouse.contents.bytes_by_file.items():
        library = name.partition("/" if name.startswith("networks/") else "-")[0]
        by_library[library] = by_library.get(library, 0) + size
    show_weights(by_library, "the folder", wheelhouse.bytes)
    out.print(str(wheelhouse.folder))


def show_weights(bytes_by_part: Mapping[str, int], whole: str, total: int) -> None:
    """Print a table of the heaviest parts, of the rest, and of the whole."""
    heaviest = sorted(bytes_by_part.items(), key=lambda item: -item[1])
    rows = [{"part": name, "MB": f"{size / 1e6:.1f}"} for name, size in heaviest[:LISTED]]
    rest = sum(size for _, size in heaviest[LISTED:])
    rows.append({"part": f"{len(heaviest) - len(rows)} others", "MB": f"{rest / 1e6:.1f}"})
    rows.append({"part": whole, "MB": f"{total / 1e6:.1f}"})
    show_table(rows, ["part", "MB"])


def show_recipe(recipe: Recipe, *, kind: str | None, as_json: bool) -> None:
    """Print what a package would be made of."""
    if kind == "emr":
        check_extras(recipe.extras)
    facts = _for_databricks(recipe) if kind == "databricks" else _for_a_cluster(recipe)
    if as_json:
        show_json(facts)
    else:
        show_table(
            [{"what": key, "value": value} for key, value in facts.items()], ["what", "value"]
        )


def _for_a_cluster(recipe: Recipe) -> dict[str, str]:
    return {
        "fruits": __version__,
        "platform": f"{recipe.platform} ({PLATFORMS[recipe.platform]}), Python {PYTHON}",
        "networks": ", ".join(carried(recipe.models)),
        "extras": ", ".join(recipe.extras) or "none",
        "libraries": ", ".join(libraries(recipe)),
    }


def _for_databricks(recipe: Recipe) -> dict[str, str]:
    databricks.check_recipe(recipe)
    shipped = libraries(recipe, python=databricks.PYTHON, only=databricks.SHIPPED)
    return {
        "fruits": __version__,
        "platform": f"{recipe.platform}, Python {databricks.PYTHON}",
        "runtime": databricks.RUNTIME,
        "networks": ", ".join(carried(recipe.models)),
        "libraries": ", ".join(shipped),
        "of the runtime": ", ".join(databricks.OF_THE_RUNTIME),
        "bundle": ", ".join((*databricks.BUNDLE, databricks.INSTALL)),
    }
