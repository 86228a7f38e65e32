"""Images → committed vectors: load the network, list the input, let the workers do what is new."""

from fruits.backends.choose import resolve_backend
from fruits.models.model import Model, load_model
from fruits.stages.course import Course
from fruits.stages.dispatch import dispatch
from fruits.stages.intake import go_through, open_input
from fruits.stages.network import remember_model
from fruits.stages.warmup import ready_workers
from fruits.storage.parts import FEATURES_TABLE, REJECTED_TABLE


def featurise(course: Course) -> None:
    """Featurise the images that have no row yet, and commit them.

    Raises ConfigError, InputError, ModelError before any work; RunnerError when workers fail,
    and then what they finished is committed all the same.
    """
    source = open_input(course, holds="features")
    model = load_network(course)
    go_through(
        course,
        source,
        key=model.fingerprint,
        work=lambda listing: dispatch(
            course, listing, ready_workers(course, model, images=listing.todo)
        ),
    )
    course.name_files({"features": FEATURES_TABLE, "rejected": REJECTED_TABLE})


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
