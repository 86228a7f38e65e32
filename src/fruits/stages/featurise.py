"""Images → committed vectors: load the network, plan the work, let the workers do it."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from time import perf_counter
from typing import Final

from fruits.backends.choose import resolve_backend
from fruits.errors import ConfigError, InputError
from fruits.models.model import Model, load_model
from fruits.report.facts import ImageCounts
from fruits.runners.seam import Runner
from fruits.stages.course import Course
from fruits.stages.ledger import Ledger, adopt_receipts
from fruits.stages.network import remember_model
from fruits.stages.plan import Plan, plan_work
from fruits.storage.parts import FEATURES_TABLE, REJECTED_TABLE
from fruits.storage.source import Source, open_source
from fruits.storage.uri import canonical
from fruits.work.job import Job
from fruits.work.process import FeaturiseUnit, WarmUp
from fruits.work.units import Unit, cut_units

POLL_SECONDS: Final = 0.5


def featurise(course: Course) -> None:
    """Featurise the images that have no row yet, and commit them.

    Raises ConfigError, InputError, ModelError before any work; RunnerError when workers fail,
    and then what they finished is committed all the same.
    """
    source = open_input(course)
    if course.tables.create():
        # On a new output there is work for sure: Spark may start while the driver lists and loads.
        course.start_runner(images=None)
    model = load_network(course)
    plan = plan_course(course, source, model)
    if plan.todo:
        course.start_runner(images=plan.todo)
        _work(course, model, plan)
    pruned = prune(course, plan, model=model.fingerprint)
    if plan.todo or pruned:
        course.confirm_lease()  # the parts of another run's units must not be taken for litter
        course.tables.tidy()
    count_images(course, plan, pruned=pruned)


def open_input(course: Course) -> Source:
    """Open the input and make the output its own."""
    if not course.config.input:
        raise ConfigError("input is missing: give --input, FRUITS_INPUT or TOML input")
    source = open_source(course.config.input)
    course.output.claim(course.config.input)
    course.take_lease()
    return source


def load_network(course: Course) -> Model:
    """Load (freezing it the first time) the network that the configuration names."""
    config = course.config
    with course.stage("start", f"loading {config.model}"):
        course.backend = resolve_backend(config.backend, config.precision)
        model = load_model(
            config.model,
            weights=config.weights,
            fit=config.fit,
            precision=config.precision,
            backend=course.backend,
        )
        course.model = remember_model(course.output, model, config=config)
    return model


def plan_course(course: Course, source: Source, model: Model) -> Plan:
    """List the input and find what is to do; adopt first what an interrupted run has left."""
    with course.stage("list", source.uri):
        if adopted := adopt_receipts(course.output, course.tables, confirm=course.confirm_lease):
            course.progress.note(f"kept {adopted:,} images that an interrupted run had finished")
        plan = plan_work(
            source,
            course.tables,
            model=model.fingerprint,
            split=course.config.split,
            progress=course.progress,
        )
    if not plan.listed:
        kept = f" of split {course.config.split}" if course.config.split else ""
        raise InputError(f"{source.uri} holds no images{kept}: check --input and --split")
    course.progress.note(f"{plan.listed:,} images, {plan.todo:,} of them to featurise")
    return plan


def prune(course: Course, plan: Plan, *, model: str) -> int:
    """Drop the rows of vanished images if that is wanted, else mention them; return the count."""
    if not plan.vanished:
        return 0
    gone = f"{len(plan.vanished):,} images have rows and are not in the input any more"
    if not course.config.prune:
        course.progress.note(f"{gone}: --prune drops them")
        return 0
    course.progress.note(f"{gone}: dropped")
    course.confirm_lease()
    return course.tables.delete(plan.vanished, model=model)


def _work(course: Course, model: Model, plan: Plan) -> None:
    with course.stage("start", "waiting for the workers"):
        runner = course.runner
        job = _job(course, model)
        task = FeaturiseUnit(job, runner.share(model.payload))
        runner.run(WarmUp(job, task.payload), [b""] * runner.slots)
    units = cut_units(plan.new, slots=runner.slots)
    units += cut_units(plan.changed, slots=runner.slots, replaces=True, first=len(units))
    ledger = Ledger(
        course.output, course.tables, run_id=course.run_id, confirm=course.confirm_lease
    )
    course.receipts = ledger.receipts
    course.progress.stage("features", f"{plan.todo:,} images in {len(units):,} units")
    run_units(runner, task, units=units, ledger=ledger, course=course)


def _job(course: Course, model: Model) -> Job:
    return Job(
        run_id=course.run_id,
        input=canonical(course.config.input),
        output=course.output.uri,
        model=model.fingerprint,
        fit=course.config.fit,
        backend=course.backend,
    )


def run_units(
    runner: Runner, task: FeaturiseUnit, *, units: Sequence[Unit], ledger: Ledger, course: Course
) -> None:
    """Let the workers do the units and commit as they go; time first dispatch to last receipt."""
    items = [unit.pack() for unit in units]
    total = sum(len(unit.refs) for unit in units)
    start = perf_counter()
    with ThreadPoolExecutor(1, thread_name_prefix="fruits-runner") as background:
        job = background.submit(runner.run, task, items)
        try:
            _watch(job, ledger, course=course, total=total)
        except BaseException:
            runner.cancel()
            raise
        finally:
            course.seconds["features"] += perf_counter() - start
            ledger.finish()


def _watch(job: "Future[list[bytes]]", ledger: Ledger, *, course: Course, total: int) -> None:
    while not wait([job], timeout=POLL_SECONDS).done:
        ledger.collect()
        course.progress.advance(ledger.images, total)
    job.result()
    course.progress.advance(total, total)


def count_images(course: Course, plan: Plan, *, pruned: int) -> None:
    """Count this run's images from the receipts: what they do not tell has not happened."""
    receipts = course.receipts
    course.images = ImageCounts(
        listed=plan.listed,
        skipped=plan.skipped,
        featurised=sum(receipt.featurised for receipt in receipts),
        rejected=sum(receipt.rejected for receipt in receipts),
        vanished=len(plan.vanished),
        pruned=pruned,
    )
    reasons: Counter[str] = Counter()
    for receipt in receipts:
        reasons.update(receipt.reasons)
    course.reasons = dict(reasons.most_common())
    course.name_files({"features": FEATURES_TABLE, "rejected": REJECTED_TABLE})
