"""One run on its way: its output, its runner, its clock, and the facts gathered so far."""

import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fruits import __version__
from fruits.config import Config
from fruits.report.facts import (
    ImageCounts,
    ModelFacts,
    PcaFacts,
    RunReport,
    model_loads,
    summed,
    throughput_of,
    versions_here,
)
from fruits.runners.choose import Choice, choose_runner
from fruits.runners.seam import Runner
from fruits.stages.progress import Progress
from fruits.stages.scratch import clear_scratch
from fruits.stages.tables import Tables
from fruits.storage.lease import Lease
from fruits.storage.output import Output
from fruits.storage.residency import residency
from fruits.work.receipts import Receipt

STAGES = ("start", "list", "features", "reduce", "publish")
"""The stages of a run; one that packs images has "pack" in the place of the last three."""


def new_run_id() -> str:
    """Name a run by its start (UTC) and six random hex digits, so that names sort by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


@dataclass
class Course:
    """What a run's stages share and fill in; `report` turns it into the run's facts."""

    config: Config
    progress: Progress
    output: Output
    tables: Tables
    launch: Callable[[Choice], Runner]
    session_is_live: bool = False
    run_id: str = field(default_factory=new_run_id)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    choice: Choice | None = None
    model: ModelFacts | None = None
    backend: str = ""
    images: ImageCounts = field(default_factory=ImageCounts)
    reasons: Mapping[str, int] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    pca: PcaFacts | None = None
    matrix_rows: int | None = None
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    files: dict[str, str] = field(default_factory=dict)
    _opening: "Future[Runner] | None" = None
    _lease: Lease | None = None

    def take_lease(self) -> None:
        """Make sure that no other run writes to the output; raises OutputBusy if one does."""
        self._lease = Lease.acquire(self.output, self.run_id, note=self.progress.note)
        clear_scratch(self.output)

    def confirm_lease(self) -> None:
        """Make sure, before a commit, that the output is still ours; raises OutputBusy if not."""
        assert self._lease is not None
        self._lease.confirm()

    def start_runner(self) -> None:
        """Choose a runner and start it in the background, unless that has been done before."""
        if self._opening is not None:
            return
        choice = choose_runner(self.config, live_session=self.session_is_live)
        self.choice = choice
        self.progress.note(f"runner: {choice.name} ({choice.reason})")
        pool = ThreadPoolExecutor(1, thread_name_prefix="fruits-start")
        self._opening = pool.submit(self.launch, choice)
        pool.shutdown(wait=False)

    @property
    def opened(self) -> bool:
        """Tell whether a runner was asked for."""
        return self._opening is not None

    @property
    def runner(self) -> Runner:
        """Wait for the runner; it must have been opened."""
        assert self._opening is not None
        return self._opening.result()

    def close(self) -> None:
        """Give back the runner, if one was opened and did start, then the output."""
        try:
            if self._opening is not None and self._opening.exception() is None:
                self._opening.result().close()
        finally:
            if self._lease is not None:
                self._lease.release()

    def name_files(self, names: Mapping[str, str]) -> None:
        """Remember where results are, as the person who asked will look for them."""
        self.files |= {key: self.output.uri_of(name) for key, name in names.items()}

    @contextmanager
    def stage(self, name: str, detail: str = "") -> Iterator[None]:
        """Announce a stage and add the block's time to it."""
        if detail:
            self.progress.stage(name, detail)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - start

    def report(self) -> RunReport:
        """Put together everything the run has to say of itself."""
        assert self.model is not None
        spent = {name: round(self.seconds[name], 3) for name in STAGES}
        slots = self.runner.slots if self.opened else 0
        return RunReport(
            fruits_version=__version__,
            run_id=self.run_id,
            started=self.started.isoformat(timespec="seconds"),
            input=self.config.input,
            output=self.output.uri,
            split=self.config.split,
            model=self.model,
            backend=self.backend,
            precision=self.config.precision,
            fit=self.config.fit,
            images=self.images,
            reasons=self.reasons,
            decoders={name: int(n) for name, n in summed(self.receipts, "decoders").items()},
            pca=self.pca,
            matrix_rows=self.matrix_rows,
            seconds=spent | {"total": round(self.elapsed(), 3)},
            worker_seconds=summed(self.receipts, "seconds"),
            throughput=throughput_of(self.receipts, seconds=self.seconds["features"], slots=slots),
            runner=self.choice.name if self.choice else "none",
            runner_reason=self.choice.reason if self.choice else "nothing to do",
            slots=slots,
            workers=model_loads(self.receipts),
            spark=self.runner.spark if self.opened else None,
            peak_worker_rss_mb=round(max((r.peak_rss_mb for r in self.receipts), default=0.0), 1),
            files=self.files,
            residency=self.residency(),
            versions=versions_here(),
        )

    def residency(self) -> dict[str, str]:
        """Tell where the input, if there is one, and the output lie."""
        places = {"input": self.config.input, "output": self.output.uri}
        return {name: residency(uri) for name, uri in places.items() if uri}

    def elapsed(self) -> float:
        """Return the seconds since the run began."""
        return (datetime.now(UTC) - self.started).total_seconds()
