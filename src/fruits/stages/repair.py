"""Finds what runs that died, or a mishap of the storage, have left in an output, and mends it."""

from collections.abc import Iterator
from dataclasses import dataclass

from fruits.stages.ledger import adopt_receipts
from fruits.stages.scratch import FOLDER as SCRATCH
from fruits.stages.scratch import clear_scratch
from fruits.stages.tables import Tables
from fruits.storage.lease import Lease
from fruits.storage.output import Output, is_unfinished
from fruits.storage.tables import FEATURES_TABLE, PACKED_TABLE, REJECTED_TABLE, Table
from fruits.work.receipts import FOLDER as RECEIPTS
from fruits.work.receipts import left_by_dead_runs, read_receipts

REMOVE = "remove"
COMMIT = "commit"
FORGET = "forget"

TABLE_FOLDERS = (f"{FEATURES_TABLE}/", f"{PACKED_TABLE}/", f"{REJECTED_TABLE}/")


@dataclass(frozen=True)
class Leftover:
    """A file that is where no living run needs it, or that is missing; `size` is in bytes."""

    what: str
    file: str
    size: int
    remedy: str


def find_leftovers(output: Output) -> list[Leftover]:
    """Name what `repair` would mend; nothing is written.

    Raises OutputBusy when a run is at work there: what it has in flight is not in the tables yet.
    """
    Lease.check_free(output)
    return _examine(output, Tables.of(output, output.holds() or "features"))


def repair(output: Output, *, holder: str) -> list[Leftover]:
    """Commit what dead runs had finished, remove what nobody needs, and forget what is lost.

    Returns what was mended. Raises OutputBusy when a run is at work there.
    """
    lease = Lease.acquire(output, holder)
    try:
        tables = Tables.of(output, output.holds() or "features")
        found = _examine(output, tables)
        for table in (tables.kept, tables.rejected):
            table.forget_lost()  # first: to commit a receipt is to read the files of its images
        adopt_receipts(output, tables, confirm=lease.confirm)
        lease.confirm()
        tables.tidy()
        clear_scratch(output)
    finally:
        lease.release()
    return found


def _examine(output: Output, tables: Tables) -> list[Leftover]:
    found, awaited = [], set()
    for run_id in left_by_dead_runs(output):
        for receipt in read_receipts(output, run_id, seen=set()):
            name = f"{RECEIPTS}/{run_id}/{receipt.unit}.json"
            found.append(_leftover(output, "work finished, not committed", name, COMMIT))
            awaited |= {part.path for part in (receipt.features, receipt.rejects) if part}
    for table in (tables.kept, tables.rejected):
        found += _stale(output, table, awaited)
        found += [_lost(table, path) for path in table.lost()]
    return found + list(_unfinished(output))


def _stale(output: Output, table: Table, awaited: set[str]) -> Iterator[Leftover]:
    """Name the parts of units that were never finished, and files whose rows were replaced."""
    for path in table.stale():
        if path not in awaited:
            yield _leftover(output, "file of no table", f"{table.name}/{path}", REMOVE)


def _lost(table: Table, path: str) -> Leftover:
    return Leftover(
        "lost file of a table: the next run makes its rows again", f"{table.name}/{path}", 0, FORGET
    )


def _unfinished(output: Output) -> Iterator[Leftover]:
    for name in output.files():
        if name.startswith(f"{SCRATCH}/"):
            yield _leftover(output, "scratch of a dead run", name, REMOVE)
        elif is_unfinished(name.rpartition("/")[2]) and not name.startswith(TABLE_FOLDERS):
            yield _leftover(output, "unfinished file", name, REMOVE)


def _leftover(output: Output, what: str, name: str, remedy: str) -> Leftover:
    return Leftover(what, name, output.size(name), remedy)
