"""`fruits dataset`: gets photos from the internet, puts photos into a bucket, draws a few."""

from typing import TYPE_CHECKING, Any

import click

from fruits.cli.options import as_json

if TYPE_CHECKING:
    from fruits.dataset.get import Got
    from fruits.dataset.put_report import PutReport
    from fruits.dataset.wish import Wish

_SHOWN = 10


@click.group()
def dataset() -> None:
    """Get photos from the internet, put photos into a bucket, or draw some."""


@dataset.command()
@click.argument("name", metavar="NAME")
@click.option("--output", required=True, type=click.Path(file_okay=False), help="Folder for it.")
@click.option("--url", default="", metavar="URL", help="Another place to get the archive from.")
@click.option("--sha256", default="", metavar="HEX", help="The digest that it must have.")
@click.option(
    "--extract/--keep-archive",
    default=False,
    help="Unpack the .zip, or keep it: fruits reads it where it lies.  [default: keep]",
)
@click.option("--dry-run", is_flag=True, help="Only show what would be downloaded.")
@as_json
def get(*, dry_run: bool, as_json: bool, output: str, **given: Any) -> None:  # noqa: ANN401
    """Download a public set of photos: fruits-360.

    A download that was interrupted goes on where it stopped. Nothing is ever half there under its
    final name.
    """
    from pathlib import Path

    from fruits.dataset.get import get as get_set
    from fruits.dataset.wish import Wish

    wish = Wish(folder=Path(output), **given)
    if dry_run:
        _show_plan(wish, as_json=as_json)
        return
    with _Bar() as bar:
        got = get_set(wish, bar)
    _show_got(wish, got, as_json=as_json)


@dataset.command()
@click.argument("source", metavar="DIR|ZIP|URI")
@click.argument("target", metavar="URI")
@click.option("--dry-run", is_flag=True, help="Read and compare, upload nothing.")
@click.option(
    "--keep-unreadable",
    is_flag=True,
    help="Upload what no decoder can read as it is, with what it may say about people.",
)
@click.option(
    "--max-rejected",
    default=0.05,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="More rejects than this share: exit code 3.",
)
@as_json
def put(source: str, target: str, *, as_json: bool, **given: Any) -> None:  # noqa: ANN401
    """Upload photos without their metadata, only those that are not there yet.

    \b
    fruits dataset put photos/ s3://bucket/raw --dry-run     what would be uploaded
    fruits dataset put fruits-360.zip s3://bucket/raw        upload it
    """
    from fruits.cli.console import TerminalProgress
    from fruits.dataset.put import Wish
    from fruits.dataset.put import put as put_images
    from fruits.dataset.put_report import PutReport
    from fruits.errors import TooManyRejects

    try:
        with TerminalProgress() as progress:
            report = put_images(Wish(source, target, **given), progress)
    except TooManyRejects as exc:
        assert isinstance(exc.report, PutReport)
        _show_put(exc.report, as_json=as_json)
        raise
    _show_put(report, as_json=as_json)


@dataset.command()
@click.option("--output", required=True, type=click.Path(file_okay=False), help="Folder to fill.")
@click.option(
    "--per-class",
    default=20,
    show_default=True,
    help="Images per species, a quarter of them for the test split.",
)
@click.option("--seed", default=0, show_default=True, help="Another seed, other pictures.")
def sample(output: str, *, per_class: int, seed: int) -> None:
    """Draw a sample orchard: a dozen species by code, and a few broken files on purpose."""
    from pathlib import Path

    from fruits.images.orchard import draw_orchard

    files = draw_orchard(Path(output), images_per_class=per_class, seed=seed)
    click.echo(f"{len(files):,} files in {output}")


class _Bar:
    """Draws bytes, rate and ETA on a terminal; nothing but messages when piped."""

    def __init__(self) -> None:
        from rich import progress as rich

        from fruits.cli.console import err

        columns = (
            rich.TextColumn("[bold]{task.description}"),
            rich.BarColumn(),
            rich.DownloadColumn(),
            rich.TransferSpeedColumn(),
            rich.TimeRemainingColumn(),
        )
        self._err = err
        self._bars = rich.Progress(
            *columns, console=err, disable=not err.is_terminal, transient=True
        )
        self._bar = self._bars.add_task("get", total=None)

    def __enter__(self) -> "_Bar":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def advance(self, done: int, total: int | None) -> None:
        """Move the bar."""
        self._bars.update(self._bar, completed=done, total=total)

    def note(self, message: str) -> None:
        """Print a line above the bar."""
        self._err.print(message)


def _show_plan(wish: "Wish", *, as_json: bool) -> None:
    from fruits.cli.console import out, show_json
    from fruits.dataset.wish import plan

    facts = plan(wish)
    if as_json:
        show_json(facts)
        return
    out.print(f"would get {facts['title']}, by {facts['authors']}\nlicence   {facts['licence']}")
    for source in facts["downloads"]:
        out.print(f"from      {source['url']}  {source['what']}".rstrip())
    out.print(f"to        {facts['target']}" + ("  (is there already)" * facts["already"]))
    if facts["part_bytes"]:
        out.print(f"begun     {facts['part_bytes']:,} bytes are here")


def _show_got(wish: "Wish", got: "Got", *, as_json: bool) -> None:
    from dataclasses import asdict

    from fruits.cli.console import out, show_json

    chosen = wish.data_set
    if as_json:
        show_json(asdict(got) | {"licence": chosen.licence, "citation": chosen.citation})
        return
    if got.already:
        out.print(f"{got.path} is there already: remove it to get it again")
        return
    if got.sha256:
        doubt = "" if got.checked else "  (no digest is known to compare it with)"
        out.print(f"sha256    {got.sha256}{doubt}")
    out.print(f"licence   {chosen.licence}, {chosen.authors}\ncite      {chosen.citation}")
    out.print(f"here      {got.path}\nnext      fruits run --input {got.path} --output out")


def _show_put(report: "PutReport", *, as_json: bool) -> None:
    from fruits.cli.console import out, show_json

    facts = report.as_dict()
    if as_json:
        show_json(facts)
        return
    verb = "would be uploaded" if report.dry_run else "uploaded"
    rate = report.images / max(report.seconds, 1e-3)
    out.print(
        f"images    {report.images:,}: {report.uploaded:,} {verb} "
        f"({report.uploaded_bytes / 1e6:,.1f} MB), {report.skipped:,} there already, "
        f"{len(report.rejected):,} rejected, in {report.seconds:.1f} s ({rate:,.0f} images/s)"
    )
    out.print(
        f"metadata  {facts['stripped']:,} stripped, {facts['rewritten']:,} rewritten as PNG, "
        f"{facts['as_it_was']:,} without any, {facts['kept_unreadable']:,} kept unreadable"
    )
    for row in facts["rejected"][:_SHOWN]:
        out.print(f"rejected  {row['path']}: {row['reason']} ({row['detail']})")
    if (more := len(report.rejected) - _SHOWN) > 0:
        out.print(f"rejected  {more:,} more: --json lists them all")
    out.print(f"at        {report.target}, {report.region}")
