"""`fruits deliver`: checks what is handed in, and packs it under the names that are asked for."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fruits.cli.options import as_json

if TYPE_CHECKING:
    from fruits.deliver.delivery import Delivery
    from fruits.deliver.finding import Finding
    from fruits.deliver.wish import Wish


@click.command()
@click.option("--last-name", required=True, metavar="NAME", help="Whose work it is.")
@click.option("--first-name", required=True, metavar="NAME", help="Whose work it is.")
@click.option(
    "--date", "day", required=True, metavar="DATE", help="11/2026, 28/11/2026 or 2026-11-28."
)
@click.option("--title", metavar="TEXT", help="The project's title, as the archive's name has it.")
@click.option(
    "--results",
    default="out",
    show_default=True,
    metavar="URI",
    help="An output of `fruits run`: its matrix, PCA and report are handed in.",
)
@click.option(
    "--notebook", default="notebooks/fruits.ipynb", show_default=True, metavar="FILE",
    type=click.Path(path_type=Path), help="The notebook, executed.",
)  # fmt: skip
@click.option(
    "--presentation", default="presentation/fruits.pptx", show_default=True, metavar="FILE",
    type=click.Path(path_type=Path), help="The slides; their PDF lies beside them.",
)  # fmt: skip
@click.option(
    "--link", "links", multiple=True, metavar="URI", help="Where photos or results lie on a cloud."
)
@click.option(
    "--data-set", default="fruits-360", show_default=True, metavar="NAME",
    help="The public set that the photos are from, or none.",
)  # fmt: skip
@click.option("--with-images", is_flag=True, help="Copy the photos too, without their metadata.")
@click.option(
    "--output", default=".", show_default=True, metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path), help="Folder for the archive.",
)  # fmt: skip
@click.option("--allow-missing", is_flag=True, help="Build it without what is missing.")
@click.option("--replace", is_flag=True, help="Replace an archive of the same name.")
@click.option("--dry-run", is_flag=True, help="Only check, write nothing.")
@as_json
def deliver(*, as_json: bool, **given: Any) -> None:  # noqa: ANN401
    """Build the archive to hand in, once all that goes into it has been checked.

    \b
    fruits deliver --last-name Dupont --first-name Zoé --date 11/2026 --dry-run
    fruits deliver --last-name Dupont --first-name Zoé --date 11/2026 --link s3://BUCKET/out/1

    What is missing or wrong is listed with what to do about it, nothing is built, and the exit
    code is 1. With --allow-missing an archive may lack something; what is wrong is never packed.
    """
    from fruits.cli.console import TerminalProgress, show_json
    from fruits.deliver.delivery import deliver as build
    from fruits.errors import FruitsError

    wish = _wish(given)
    with TerminalProgress() as progress:
        delivery = build(wish, progress)
    if as_json:
        show_json(delivery.as_dict())
    else:
        _show(delivery, wish)
    if against := delivery.against:
        checks = ", ".join(finding.check for finding in against)
        verb = "would be" if wish.dry_run else "was"
        raise FruitsError(
            f"no archive {verb} built: {len(against)} of {len(delivery.findings)} checks stand "
            f"against it ({checks})"
        )


def _wish(given: dict[str, Any]) -> "Wish":
    from fruits.dataset.sources import find_set
    from fruits.deliver.day import parse_day
    from fruits.deliver.naming import DEFAULT_TITLE, name_all
    from fruits.deliver.wish import Wish

    naming = name_all(
        last=given.pop("last_name"),
        first=given.pop("first_name"),
        title=given.pop("title") or DEFAULT_TITLE,
        day=parse_day(given.pop("day")),
    )
    name = given.pop("data_set")
    data_set = None if name == "none" else find_set(name).name
    return Wish(naming, folder=given.pop("output"), data_set=data_set, **given)


def _show(delivery: "Delivery", wish: "Wish") -> None:
    from fruits.cli.console import out, show_table

    show_table(list(_rows(delivery.findings)), ["state", "check", "found"])
    if delivery.against:
        return
    out.print()
    for name, size in delivery.members.items():
        out.print(f"{size:>13,}  {name}")
    if delivery.written is None:
        out.print(f"would be  {delivery.archive}")
        return
    if delivery.photos:
        out.print("photos    " + ", ".join(f"{n:,} {how}" for how, n in delivery.photos.items()))
    out.print(f"archive   {delivery.archive}, {delivery.written.size:,} bytes")
    out.print(f"sha256    {delivery.written.sha256}")


def _rows(findings: Sequence["Finding"]) -> Iterator[dict[str, str]]:
    """Yield a row of the table for each finding, and one below it for what to do next."""
    for finding in findings:
        yield {"state": finding.state, "check": finding.check, "found": finding.found}
        if finding.advice:
            yield {"state": "", "check": "", "found": f"→ {finding.advice}"}
