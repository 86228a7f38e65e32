"""A real run on a drawn orchard, for all tests that look at results."""

from pathlib import Path

import pytest

from fruits.config import Config
from fruits.images.orchard import draw_orchard
from fruits.pipeline import run
from fruits.report.results import Results, read_results


@pytest.fixture(scope="session")
def orchard_output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve species, eight photos each, and three broken files, featurised by fruitnet."""
    folder = tmp_path_factory.mktemp("a run é")
    draw_orchard(folder / "orchard", images_per_class=8)
    run(
        Config(
            input=str(folder / "orchard"),
            output=str(folder / "out"),
            model="fruitnet",
            components=7,
            runner="local",
        )
    )
    return folder / "out"


@pytest.fixture(scope="session")
def results(orchard_output: Path) -> Results:
    return read_results(str(orchard_output))
