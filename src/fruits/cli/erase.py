"""`fruits erase`: reads what is to go, and tells what went."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import click

from fruits.cli.console import TerminalProgress, out, show_json
from fruits.config import Config
from fruits.pipeline import erase
from fruits.stages.erase import Erased, Wish

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def erase_and_show(output: str, given: Mapping[str, Any], *, yes: bool, as_json: bool) -> None:
    """Erase, or count, the images named by options `paths`, `ids` and `file`, and print it."""
    wish = wish_of(given)
    with TerminalProgress() as progress:
        erased = erase(wish, Config(output=output, runner="local"), yes=yes, progress=progress)
    if as_json:
        show_json(asdict(erased))
    else:
        show_erased(erased)


def wish_of(given: Mapping[str, Any]) -> Wish:
    """Read the options; a line of the list that is a sha256 is an id, any other a path."""
    lines = [line.rstrip("\r\n") for line in given["file"] or ()]
    named = [line for line in lines if line]
    ids = [*given["ids"], *(name for name in named if _SHA256.fullmatch(name))]
    if bad := [name for name in ids if not _SHA256.fullmatch(name)]:
        raise click.UsageError(f"--id {bad[0]} is no image_id: give 64 hexadecimal digits")
    paths = [*given["paths"], *(name for name in named if not _SHA256.fullmatch(name))]
    if not paths and not ids:
        raise click.UsageError("give --path, --id or --list: what is to be erased?")
    return Wish(paths=frozenset(paths), ids=frozenset(ids))


def show_erased(erased: Erased) -> None:
    """Print what went, or would."""
    counts = [f"{n:,} {'row' if n == 1 else 'rows'} of {name}" for name, n in erased.rows.items()]
    found = ", ".join(counts)
    if not erased.done:
        out.print(f"would erase {found}: --yes does it" if found else "nothing of it is here")
    elif found:
        out.print(f"erased {found}; {erased.files_removed:,} old files are gone")
        if erased.versions_removed:
            out.print(f"{erased.versions_removed:,} old versions in the bucket are gone")
        if erased.matrix_rows is not None:
            out.print(
                f"the matrix and the PCA are those of the {erased.matrix_rows:,} other images"
            )
            out.print("report.html, if there was one, is gone: `fruits report` draws it again")
        out.print("the input still has it: remove it there too, or the next run brings it back")
    else:
        out.print("nothing of it is here")
    for proof in erased.proofs:
        out.print(f"proof {proof}")
    for proof in erased.earlier:
        out.print(f"erased before, see {proof}")
