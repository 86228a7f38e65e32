"""Images → committed vectors: load the network, list the input, let the workers do what is new."""

from collections import Counter
from typing import Final

from fruits.backends.choose import resolve_backend
from fruits.errors import ConfigError, InputError
from fruits.models.model import Model, load_model
from fruits.report.facts import ImageCounts
from fruits.stages.course import Course
from fruits.stages.dispatch import dispatch
from fruits.stages.ledger import adopt_receipts
from fruits.stages.listing import Listing
from fruits.stages.network import remember_model
from fruits.storage.parts import FEATURES_TABLE, REJECTED_TABLE
from fruits.storage.source import Source, open_source

ENOUGH_TO_BEGIN: Final = 5_000
"""Images listed with which the work begins while the listing goes on; most folders have fewer."""


def featurise(course: Course) -> None:
    """Featurise the images that have no row yet, and commit them.

    Raises ConfigError, InputError, ModelError before any work; RunnerError when workers fail,
    and then what they finished is committed all the same.
    """
    source = open_input(course)
    if course.tables.create():
        # On a new output there is work for sure: Spark may start while the driver lists and loads.
        course.start_runner()
    model = load_network(course)
    with list_input(course, source, model=model.fingerprint) as listing:
        find_work(course, listing)
        if listing.todo:
            course.start_runner()
            dispatch(course, listing, model)
        pruned = prune(course, listing, model=model.fingerprint)
        if listing.todo or pruned:
            course.confirm_lease()  # the parts of another run's units must not be taken for litter
            course.tables.tidy()
        count_images(course, listing, pruned=pruned)


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


def list_input(course: Course, source: Source, *, model: str) -> Listing:
    """Adopt what an interrupted run has left, and make a listing of what the tables lack."""
    with course.stage("list", source.uri):
        if adopted := adopt_receipts(course.output, course.tables, confirm=course.confirm_lease):
            course.progress.note(f"kept {adopted:,} images that an interrupted run had finished")
        split = course.config.split
        return Listing(source, course.tables.known(model, split=split), split=split)


def find_work(course: Course, listing: Listing) -> None:
    """Wait until all is listed, or until there is enough to begin with.

    Raises InputError where there are no images.
    """

    def show() -> None:
        course.progress.advance(listing.listed, listing.listed)

    with course.stage("list"):
        listing.wait(ENOUGH_TO_BEGIN, watch=show)
    if not listing.listed:
        kept = f" of split {course.config.split}" if course.config.split else ""
        raise InputError(f"{course.config.input} holds no images{kept}: check --input and --split")
    so_far = "" if listing.ended else " so far"
    course.progress.note(f"{listing.listed:,} images{so_far}, {listing.todo:,} to featurise")


def prune(course: Course, listing: Listing, *, model: str) -> int:
    """Drop the rows of vanished images if that is wanted, else mention them; return the count."""
    if not listing.vanished:
        return 0
    gone = f"{len(listing.vanished):,} images have rows and are not in the input any more"
    if not course.config.prune:
        course.progress.note(f"{gone}: --prune drops them")
        return 0
    course.progress.note(f"{gone}: dropped")
    course.confirm_lease()
    return course.tables.delete(listing.vanished, model=model)


def count_images(course: Course, listing: Listing, *, pruned: int) -> None:
    """Count this run's images from the receipts: what they do not tell has not happened."""
    receipts = course.receipts
    course.images = ImageCounts(
        listed=listing.listed,
        skipped=listing.skipped,
        featurised=sum(receipt.featurised for receipt in receipts),
        rejected=sum(receipt.rejected for receipt in receipts),
        vanished=len(listing.vanished),
        pruned=pruned,
    )
    reasons: Counter[str] = Counter()
    for receipt in receipts:
        reasons.update(receipt.reasons)
    course.reasons = dict(reasons.most_common())
    course.name_files({"features": FEATURES_TABLE, "rejected": REJECTED_TABLE})
