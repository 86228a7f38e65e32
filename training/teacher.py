"""Views → what MobileNetV2 says of them: targets for the student, beside the pixels it will see.

The teacher is run by the product itself (as `fruits features`), which resumes where it stopped.
"""

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
from numpy.typing import NDArray

from fruits import Config
from fruits.images.prepare import Prepared, prepare
from fruits.pipeline import features
from fruits.reduction.moments import gather
from fruits.reduction.npz import save
from fruits.reduction.pca import FittedPca, fit
from fruits.reduction.scores import project
from training.settings import Settings

TEACHER = "mobilenet_v2"


def ask_teacher(views: Path, output: Path, *, weights: str | None) -> dict[str, str]:
    """Compute the teacher's features of every view; says which network gave them."""
    report = features(
        Config(
            input=str(views),
            output=str(output),
            model=TEACHER,
            weights=weights,
            runner="local",
            max_rejected=0.0,
        )
    )
    return {"name": report.model.name, "fingerprint": report.model.fingerprint}


def write_lessons(views: Path, answers: Path, lessons: Path, settings: Settings) -> None:
    """Write what the student learns from, row by row in the order of views.csv, unless it is there.

    `pixels.npy` uint8[n, side, side, 3], `targets.npy` float32[n, dim] (unit vectors: the teacher's
    leading components, partly whitened), `classes.npy` int64[n], `classes.json` [[source, label]].
    """
    if lessons.is_dir():
        return
    unfinished = lessons.with_suffix(".part")
    unfinished.mkdir(exist_ok=True)
    with (views.parent / "views.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    named = sorted({(row["source"], row["label"]) for row in table})
    numbers = {pair: number for number, pair in enumerate(named)}
    belongs = [numbers[row["source"], row["label"]] for row in table]
    (unfinished / "classes.json").write_text(json.dumps(named))
    np.save(unfinished / "classes.npy", np.array(belongs, np.int64))
    paths = [row["view"] for row in table]
    pca, targets = _targets(answers, paths, settings)
    np.save(unfinished / "targets.npy", targets)
    (unfinished / "pca.npz").write_bytes(save(pca))
    _write_pixels(views, paths, unfinished / "pixels.npy", side=settings.student.side)
    unfinished.rename(lessons)


def _targets(
    answers: Path, paths: list[str], settings: Settings
) -> tuple[FittedPca, NDArray[np.float32]]:
    """Project the answers on their leading components, whiten in part, scale to length 1."""
    vectors = _read_features(answers, paths)
    batches = [vectors[start : start + 4096] for start in range(0, len(vectors), 4096)]
    pca = fit(gather(batches), components=settings.student.dim)
    divisors = pca.explained_variance**settings.distillation.whitening
    targets = np.concatenate([project(pca, batch) for batch in batches]) / divisors
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)
    return pca, targets.astype(np.float32)


def _read_features(answers: Path, paths: list[str]) -> NDArray[np.float32]:
    """Read the teacher's features in the order of `paths`; ValueError when one is missing."""
    table = ds.dataset(answers / "features", partitioning="hive").to_table(["path", "features"])
    rows = {path: row for row, path in enumerate(table["path"].to_pylist())}
    missing = [path for path in paths if path not in rows]
    if missing:
        raise ValueError(f"{len(missing)} views have no features, the first is {missing[0]}")
    vectors = table["features"].combine_chunks().flatten().to_numpy().reshape(len(rows), -1)
    ordered: NDArray[np.float32] = vectors[[rows[path] for path in paths]]
    return ordered


def _write_pixels(views: Path, paths: list[str], file: Path, *, side: int) -> None:
    shape = (len(paths), side, side, 3)
    pixels = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=shape)
    with ThreadPoolExecutor(4) as pool:
        seen = pool.map(partial(_see, side=side), (views / path for path in paths))
        for row, image in enumerate(seen):
            pixels[row] = image
    pixels.flush()


def _see(path: Path, *, side: int) -> NDArray[np.uint8]:
    prepared = prepare(path.read_bytes(), size=(side, side))
    if not isinstance(prepared, Prepared):
        raise TypeError(f"the view {path} cannot be read: {prepared}")
    return prepared.pixels
