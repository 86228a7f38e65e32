"""Commits the workers' receipts to the tables, while the job runs and after a run that died."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from fruits.stages.tables import Tables
from fruits.storage.output import Output
from fruits.storage.parts import REJECTED_TABLE, Part, paths_in
from fruits.work.receipts import Receipt, discard_receipts, left_by_dead_runs, read_receipts

COMMIT_SECONDS: Final = 3.0


class Ledger:
    """Commits the receipts of one run to the tables, each of them once.

    `confirm` raises OutputBusy, before a commit, where another run has taken over.
    `adopting` another run's receipts, it replaces rows instead of adding them: a worker that
    outlived its run may have left a receipt for images that a later run has done since.
    """

    def __init__(
        self,
        output: Output,
        tables: Tables,
        *,
        run_id: str,
        confirm: Callable[[], None],
        adopting: bool = False,
    ) -> None:
        self.receipts: list[Receipt] = []
        self._output, self._tables, self._run_id = output, tables, run_id
        self._confirm, self._adopting = confirm, adopting
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
            if self._adopting and not self._has_parts(receipt):
                continue
            self._waiting.append(receipt)
            self.receipts.append(receipt)
        if time.monotonic() - self._committed_at >= COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Commit every receipt seen and not yet committed."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._confirm()
        self._append([receipt for receipt in waiting if not self._replaces(receipt)])
        self._replace([receipt for receipt in waiting if self._replaces(receipt)])
        self._committed_at = time.monotonic()

    def finish(self) -> None:
        """Commit what is left and remove the receipts: the tables now say it all."""
        self.collect()
        self.commit()
        discard_receipts(self._output, self._run_id, units=self._seen)

    def _has_parts(self, receipt: Receipt) -> bool:
        """Tell whether the parts still exist: a worker may write its receipt long after its run.

        A run that came in between has tidied them away, and done these images itself.
        """
        features, rejects = _parts([receipt])
        names = [f"{self._tables.kept.name}/{part.path}" for part in features]
        names += [f"{REJECTED_TABLE}/{part.path}" for part in rejects]
        return all(self._output.exists(name) for name in names)

    def _replaces(self, receipt: Receipt) -> bool:
        return receipt.replaces or self._adopting

    def _append(self, receipts: Sequence[Receipt]) -> None:
        features, rejects = _parts(receipts)
        self._tables.kept.append(features)
        self._tables.rejected.append(rejects)

    def _replace(self, receipts: Sequence[Receipt]) -> None:
        """Let these rows take the place of older ones, whichever table holds those."""
        features, rejects = _parts(receipts)
        self._tables.kept.replace(features)
        self._tables.rejected.replace(rejects)
        for part in features:
            paths = paths_in(self._output, self._tables.kept.name, part)
            self._tables.rejected.delete(paths, model=part.model)
        for part in rejects:
            paths = paths_in(self._output, REJECTED_TABLE, part)
            self._tables.kept.delete(paths, model=part.model)


def _parts(receipts: Sequence[Receipt]) -> tuple[list[Part], list[Part]]:
    features = [receipt.features for receipt in receipts if receipt.features]
    return features, [receipt.rejects for receipt in receipts if receipt.rejects]


def adopt_receipts(output: Output, tables: Tables, *, confirm: Callable[[], None]) -> int:
    """Commit what dead runs finished but did not commit; return the number of images saved."""
    adopted = 0
    for run_id in left_by_dead_runs(output):
        ledger = Ledger(output, tables, run_id=run_id, confirm=confirm, adopting=True)
        ledger.finish()
        adopted += ledger.images
    return adopted
