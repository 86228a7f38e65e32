"""Make `fruitnet` again, from photos to the ONNX file, going on where an earlier try stopped.

    python -m training [--weights FILE] [--fruits-360 ZIP] [--grocery ZIP] [--publish]

Stages: orchard, views, teacher, lessons, distillation, export. Each leaves its result in --work.
"""

import argparse
import logging
import multiprocessing
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from training.photos import draw_orchard_archive, list_photos
from training.settings import DEFAULT, Settings, claim, read_settings
from training.teacher import ask_teacher, write_lessons
from training.views import draw_views, plan

if TYPE_CHECKING:
    import keras

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "src" / "fruits" / "models"
SHARED = HERE.parents[1] / "shared" / "data"
log = logging.getLogger("training")


def main() -> None:
    """Go through the stages."""
    options = parse()
    options.work.mkdir(parents=True, exist_ok=True)
    keep_log(options.work / "log.txt")
    settings = read_settings(options.settings)
    claim(options.work, settings)
    log.info("settings: %s", settings)
    make_views(options, settings)
    log.info("teacher: starts")
    asked = ask_teacher(options.work / "views", options.work / "teacher", weights=options.weights)
    log.info("teacher: %s", asked)
    lessons = options.work / "lessons"
    write_lessons(options.work / "views", options.work / "teacher", lessons, settings)
    log.info("lessons: written")
    student = teach(lessons, options.work, settings)
    export_student(student, options, settings, asked)
    if options.publish:
        publish(options.work)


def teach(lessons: Path, work: Path, settings: Settings) -> "keras.Model":
    """Train the student, a line in the log per epoch."""
    # Imported here: the processes that draw views must not load TensorFlow.
    from training.distil import distil

    log.info("distillation: starts")
    return distil(lessons, work, settings, note=log.info)


def export_student(
    student: "keras.Model",
    options: argparse.Namespace,
    settings: Settings,
    teacher: dict[str, str],
) -> None:
    """Write fruitnet.onnx and its facts in --work."""
    from training.export import export

    facts = {"made": time.strftime("%Y-%m-%d"), "teacher": teacher, "settings": asdict(settings)}
    agreement = export(student, settings.student, options.work / "fruitnet.onnx", facts)
    log.info("export: %d bytes", (options.work / "fruitnet.onnx").stat().st_size)
    log.info("export: %s", agreement)


def publish(work: Path) -> None:
    """Copy the network into the package, and what was logged beside this script."""
    for name in ("fruitnet.onnx", "fruitnet.json"):
        shutil.copy(work / name, PACKAGE / name)
    (HERE / "log").mkdir(exist_ok=True)
    for name in ("log.txt", "epochs.csv"):
        shutil.copy(work / name, HERE / "log" / name)


def make_views(options: argparse.Namespace, settings: Settings) -> None:
    """Draw the orchard, then the bank of views."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.processes, mp_context=spawn) as pool:
        log.info("orchard: starts")
        orchard = draw_orchard_archive(options.work / "orchard.zip", settings.views, pool)
        photos = list_photos(options.fruits_360, options.grocery, orchard)
        log.info("photos: %s", {source: len(found) for source, found in photos.items()})
        planned = plan(photos, settings.views)
        drawn = draw_views(
            options.work / "views",
            planned,
            grocery=photos["grocery"],
            seed=settings.views.seed,
            pool=pool,
        )
        for done in drawn:
            if done % 10_000 == 0:
                log.info("views: %d of %d", done, len(planned))


def keep_log(file: Path) -> None:
    """Write every line to stderr and to the log file."""
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    handlers.append(logging.FileHandler(file, encoding="utf-8"))
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers, force=True
    )


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--fruits-360", type=Path, default=SHARED / "fruits-360.zip")
    parser.add_argument("--grocery", type=Path, default=SHARED / "grocery-fruit.zip")
    parser.add_argument("--weights", help="the teacher's, where `fruits run` would take them")
    parser.add_argument("--work", type=Path, default=HERE / "work")
    parser.add_argument("--settings", type=Path, default=DEFAULT)
    parser.add_argument("--publish", action="store_true", help="put the result into the package")
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    options = parser.parse_args(arguments)
    for archive in (options.fruits_360, options.grocery):
        if not archive.is_file():
            parser.error(f"{archive} is missing: name yours with --fruits-360 and --grocery")
    return options


if __name__ == "__main__":
    main()
