"""The whole flow on one screen: images → features → PCA → matrix and report."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fruits.config import Config
from fruits.errors import ConfigError, TooManyRejects
from fruits.report.facts import RunReport
from fruits.report.packed import PackReport
from fruits.report.results import read_results
from fruits.report.words import Language
from fruits.runners.choose import Choice
from fruits.runners.local import LocalRunner
from fruits.runners.seam import Runner
from fruits.stages.course import Course, new_run_id
from fruits.stages.erase import Erased, Wish, foresee
from fruits.stages.erase import erase as erase_images
from fruits.stages.featurise import featurise
from fruits.stages.pack import pack as pack_images
from fruits.stages.pack import pack_report
from fruits.stages.progress import Progress, Silent
from fruits.stages.publish import write_report
from fruits.stages.reduce import recall, reduce_features
from fruits.stages.tables import Tables
from fruits.storage.lease import Lease
from fruits.storage.names import REPORT_HTML, REPORT_JSON
from fruits.storage.output import Holds, Output

Stage = Callable[[Course], None]


def run(config: Config, *, progress: Progress | None = None) -> RunReport:
    """Run the whole chain: featurise what is new, fit the PCA, write the matrix and the report.

    Raises the errors of `fruits.errors`; TooManyRejects comes last, when everything is written.
    """
    return _follow(config, progress, featurise, _stop_if_all_rejected, reduce_features)


def features(config: Config, *, progress: Progress | None = None) -> RunReport:
    """Featurise the images that have no row yet, and stop there; raises as `run` does."""
    return _follow(config, progress, featurise)


def reduce(config: Config, *, progress: Progress | None = None) -> RunReport:
    """Fit the PCA on the features that are there, and write the matrix; raises as `run` does."""
    return _follow(config, progress, recall, reduce_features)


def pack(config: Config, *, progress: Progress | None = None) -> PackReport:
    """Pack the images that are not packed yet into table files; raises as `run` does."""
    with _open_course(config, progress or Silent(), holds="images") as course:
        pack_images(course)
        course.name_files({"report": REPORT_JSON})
        report = pack_report(course)
        _write_and_check(course, report)
        return report


def erase(
    wish: Wish, config: Config, *, yes: bool = False, progress: Progress | None = None
) -> Erased:
    """Erase images from the output of `config`; without `yes` only count what would go.

    Raises ConfigError where the output holds nothing of ours, OutputBusy where a run is at work,
    FruitsError where a trace is left.
    """
    output = Output(config.output)
    holds = output.holds()
    if holds is None:
        raise ConfigError(f"{config.output} holds nothing that fruits has made: check the path")
    if not yes:
        Lease.check_free(output)
        return foresee(output, Tables.of(output, holds), wish)
    with _open_course(config, progress or Silent(), holds=holds) as course:
        return erase_images(course, wish)


@dataclass(frozen=True)
class Pages:
    """What `report` has written: URIs, and the page's size."""

    page: str
    page_bytes: int
    figures: list[str]


def report(
    output: str, *, to: str | None = None, language: Language = "en", figures: bool = False
) -> Pages:
    """Draw the page of an output's last run, and its figures as PNG and SVG if asked for.

    They go into the output, or into the folder `to`, without touching the output. Raises InputError
    where no run has been, OutputBusy where one is at work, ImportError without `fruits[report]`.
    """
    from fruits.report.page.published import write_figures, write_page

    results = read_results(output)
    place = Output(to) if to else results.output
    with _quiet(results.output, write=to is None):
        page = write_page(results, place, language=language)
        drawn = write_figures(results, place, language=language) if figures else []
    return Pages(page, place.size(REPORT_HTML), drawn)


@contextmanager
def _quiet(output: Output, *, write: bool) -> Iterator[None]:
    """Keep other runs out while the page is made: an erasure must not be undone by it."""
    if not write:
        Lease.check_free(output)
        yield
        return
    lease = Lease.acquire(output, new_run_id())
    try:
        yield
    finally:
        lease.release()


def _follow(config: Config, progress: Progress | None, *stages: Stage) -> RunReport:
    with _open_course(config, progress or Silent()) as course:
        for stage in stages:
            stage(course)
        return _finish(course)


def _finish(course: Course) -> RunReport:
    course.name_files({"report": REPORT_JSON})
    report = course.report()
    _write_and_check(course, report)
    return report


def _stop_if_all_rejected(course: Course) -> None:
    """Where no image at all could be featurised, rejects are the news, not the missing PCA."""
    if course.images.rejected and not course.images.featurised + course.images.skipped:
        _finish(course)


def _write_and_check(course: Course, report: RunReport | PackReport) -> None:
    write_report(course.output, report)
    share, limit = report.images.rejected_share, course.config.max_rejected
    if share > limit:
        raise TooManyRejects(
            f"{report.images.rejected:,} images were rejected, {share:.1%} of this run's work and "
            f"more than --max-rejected {limit:.1%}; the results are kept, and the reasons are in "
            f"{course.output.uri_of('rejected')}",
            report=report,
        )


@contextmanager
def _open_course(
    config: Config, progress: Progress, *, holds: Holds = "features"
) -> Iterator[Course]:
    """Open a run on its output; whatever happens, what the run started is stopped."""
    output = Output(config.output)
    live = session_is_live()
    course = Course(
        config=config,
        progress=progress,
        output=output,
        tables=Tables.of(output, holds),
        launch=lambda choice: open_runner(choice, config.master, run_id=course.run_id),
        session_is_live=live,
    )
    progress.begin(course.run_id)
    try:
        yield course
    finally:
        course.close()


def session_is_live() -> bool:
    """Tell whether a Spark session waits to be borrowed, without importing pyspark for it."""
    if "PYSPARK_GATEWAY_PORT" in os.environ:  # spark-submit has started this very process
        return True
    # Without a file it is an empty folder that pip has left: Python imports it all the same.
    if getattr(sys.modules.get("pyspark"), "__file__", None) is None:
        return False
    from fruits.spark.session import live_session

    return live_session() is not None


def open_runner(choice: Choice, master: str | None, *, run_id: str = "") -> Runner:
    """Start the runner chosen; Spark's master is the one given, else spark-submit's or local[*].

    `run_id` names the run in Spark's own pages.
    """
    if choice.name == "local":
        return LocalRunner()
    from fruits.spark.runner import SparkRunner
    from fruits.spark.session import open_session

    return SparkRunner(open_session(master), run_id=run_id)
