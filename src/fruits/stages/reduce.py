"""Committed vectors → PCA → matrix: moments on the workers, one small `eigh` on the driver."""

from collections.abc import Sequence
from itertools import chain

from fruits import __version__
from fruits.errors import InputError
from fruits.reduction.moments import Moments, merge_all
from fruits.reduction.pca import fit
from fruits.report.facts import ModelFacts
from fruits.runners.seam import Runner
from fruits.stages.course import Course
from fruits.stages.foundation import recall_moments, remember_moments
from fruits.stages.network import recall_model
from fruits.stages.publish import (
    basis_of,
    describe_pca,
    read_current_pca,
    write_matrix,
    write_pca,
)
from fruits.stages.scratch import scratch_folder
from fruits.storage.names import MATRIX_CSV, MATRIX_PARQUET, PCA_JSON, PCA_NPZ
from fruits.storage.output import Output
from fruits.work.moments import GatherMoments, group_files, read_moments


def recall(course: Course) -> None:
    """Find out whose features lie in the output, without loading the network itself."""
    course.model = recall_model(course.output, config=course.config)
    course.take_lease()


def reduce_features(course: Course) -> None:
    """Fit the PCA on the features of the course's model and publish it with the matrix.

    Nothing is computed again when both are there already, made of the same features.
    Raises InputError where there is nothing to fit, ConfigError for impossible components.
    """
    assert course.model is not None
    files = _files(course, course.model)
    wanted = course.config.wanted
    basis = basis_of(files, wanted)
    pca = read_current_pca(course.output, basis=basis)
    if pca is None:
        course.start_runner()
        with course.stage("reduce", f"PCA of {len(files):,} feature files"):
            moments = gather_files(course.runner, course.output, files, model=course.model)
            pca = fit(moments, components=wanted)
        with course.stage("publish", f"{len(pca.components):,} components"):
            course.confirm_lease()
            # It vouches for the matrix: were this run to die now, for one of other components.
            course.output.remove(PCA_JSON)
            course.matrix_rows = write_matrix(course.runner, course.output, files, pca=pca)
            metadata = _metadata(course, course.model) | {"wanted": wanted, "basis": basis}
            course.confirm_lease()
            write_pca(course.output, pca, metadata=metadata)
    else:
        course.progress.note("matrix and PCA are up to date")
        course.matrix_rows = pca.n_samples
    course.pca = describe_pca(pca)
    course.name_files({"pca": PCA_NPZ, "matrix": MATRIX_CSV, "parquet": MATRIX_PARQUET})


def _files(course: Course, model: ModelFacts) -> list[str]:
    files = course.tables.features.files(model.fingerprint)
    if not files:
        raise InputError(
            f"{course.output.uri} holds no features of {model.name} to reduce: "
            f"{course.images.rejected:,} images were rejected in this run, see rejected/"
        )
    return files


def gather_files(
    runner: Runner, output: Output, files: Sequence[str], *, model: ModelFacts
) -> Moments:
    """Return the moments of all vectors of `files` (sorted), reading only files not yet covered.

    Raises InputError for vectors that are not finite.
    """
    known, fresh = recall_moments(output, model.fingerprint, files=files)
    if known is not None and not fresh:
        return known
    with scratch_folder(output, "moments") as folder:
        task = GatherMoments(output.uri, folder)
        names = runner.run(task, group_files(fresh))
        # One at a time: at d = 1280 those of a million small images would take 3.2 GB together.
        parts = read_moments(output, [name.decode() for name in names])
        moments = merge_all(parts if known is None else chain([known], parts))
    remember_moments(output, model.fingerprint, moments, files=files)
    return moments


def _metadata(course: Course, model: ModelFacts) -> dict[str, object]:
    return {
        "fruits_version": __version__,
        "run_id": course.run_id,
        "model": model.name,
        "fingerprint": model.fingerprint,
        "dim": model.dim,
        "centred": True,
        "scaled": False,
    }
