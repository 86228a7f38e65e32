"""Commits the workers' receipts to the tables, while the job runs and after a run that died."""

import time
from collections.abc import Sequence
from typing import Final

from fruits.stages.tables import Tables
from fruits.storage.output import Output
from fruits.storage.parts import FEATURES_TABLE, REJECTED_TABLE, Part, TableName, paths_in
from fruits.work.receipts import Receipt, discard_receipts, left_by_dead_runs, read_receipts

COMMIT_SECONDS: Final = 3.0


class Ledger:
    """Commits the receipts of one run to the tables, each of them once."""

    def __init__(self, output: Output, tables: Tables, *, run_id: str) -> None:
        self.receipts: list[Receipt] = []
        self._output, self._tables, self._run_id = output, tables, run_id
        self._waiting: list[Receipt] = []
        self._seen: set[str] = set()
        self._committed_at = time.monotonic()

    @property
    def images(self) -> int:
        """Count the images, featurised or rejected, of the receipts seen so far."""
        return sum(receipt.featurised + receipt.rejected for receipt in self.receipts)

    def collect(self) -> None:
        """Look for new receipts; commit them if the last commit was some seconds ago."""
        for receipt in read_receipts(self._output, self._run_id, seen=self._seen):
            self._seen.add(receipt.unit)
            self._waiting.append(receipt)
            self.receipts.append(receipt)
        if time.monotonic() - self._committed_at >= COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Commit every receipt seen and not yet committed."""
        waiting, self._waiting = self._waiting, []
        fresh = [receipt for receipt in waiting if not receipt.replaces]
        self._append(fresh)
        for receipt in waiting:
            if receipt.replaces:
                self._replace(receipt)
        self._committed_at = time.monotonic()

    def finish(self) -> None:
        """Commit what is left and remove the receipts: the tables now say it all."""
        self.collect()
        self.commit()
        discard_receipts(self._output, self._run_id)

    def _append(self, receipts: Sequence[Receipt]) -> None:
        features = [receipt.features for receipt in receipts if receipt.features]
        rejects = [receipt.rejects for receipt in receipts if receipt.rejects]
        self._tables.features.append(features)
        self._tables.rejected.append(rejects)

    def _replace(self, receipt: Receipt) -> None:
        """Let changed files' rows take the place of the old ones, whichever table holds those."""
        if receipt.features:
            self._tables.features.replace([receipt.features])
            self._delete_from_other(FEATURES_TABLE, receipt.features)
        if receipt.rejects:
            self._tables.rejected.replace([receipt.rejects])
            self._delete_from_other(REJECTED_TABLE, receipt.rejects)

    def _delete_from_other(self, name: TableName, part: Part) -> None:
        paths = paths_in(self._output, name, part)
        other = self._tables.rejected if name == FEATURES_TABLE else self._tables.features
        other.delete(paths, model=part.model)


def adopt_receipts(output: Output, tables: Tables) -> int:
    """Commit what dead runs finished but did not commit; return the number of images saved."""
    adopted = 0
    for run_id in left_by_dead_runs(output):
        ledger = Ledger(output, tables, run_id=run_id)
        ledger.finish()
        adopted += ledger.images
    return adopted
