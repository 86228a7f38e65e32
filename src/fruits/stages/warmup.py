"""Shares the network with the workers and lets them load it, before the clock starts."""

from fruits.models.model import Model
from fruits.stages.course import Course
from fruits.stages.fastest import choose_engine
from fruits.storage.uri import canonical
from fruits.work.job import Job
from fruits.work.process import FeaturiseUnit, WarmUp


def ready_workers(course: Course, model: Model, *, images: int) -> FeaturiseUnit:
    """Return the features task, once the workers are there and hold the network."""
    with course.stage("start", "waiting for the workers"):
        runner = course.runner
        spark = runner.spark
        if spark and not spark["master"].startswith("local["):
            course.progress.note(
                f"spark: {spark['application']} on {spark['master']}, {runner.slots} slots"
            )
        payload = runner.share(model.payload)
        engine = choose_engine(course.config, runner, model, payload, images=images)
        course.backend = engine.name
        course.progress.note(f"engine: {engine.name} ({engine.reason})")
        task = FeaturiseUnit(_job(course, model), payload)
        runner.run(WarmUp(task.job, payload), [b""] * runner.slots)
    return task


def _job(course: Course, model: Model) -> Job:
    return Job(
        run_id=course.run_id,
        input=canonical(course.config.input),
        output=course.output.uri,
        model=model.fingerprint,
        fit=course.config.fit,
        backend=course.backend,
    )
