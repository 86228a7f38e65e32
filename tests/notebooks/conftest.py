"""The notebook as it is committed, and a run of it on a drawn orchard."""

from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "fruits.ipynb"


@pytest.fixture(scope="session")
def notebook() -> Any:
    """The committed notebook."""
    nbformat = pytest.importorskip("nbformat", reason="notebooks: pip install 'fruits[notebook]'")
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="session")
def code(notebook: Any) -> list[Any]:
    """Its cells of code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="session")
def seeded_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file for MobileNetV2 with random weights: no download, no shared data."""
    pytest.importorskip("tensorflow", reason="TensorFlow: pip install 'fruits[tensorflow]'")
    from fruits.models.registry import find

    from seeded_network import seeded_network

    file = tmp_path_factory.mktemp("seeded") / "mobilenet_v2.weights.h5"
    seeded_network(find("mobilenet_v2")).save_weights(str(file))
    return file


@pytest.fixture(scope="session")
def executed(seeded_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook, run here from top to bottom on a drawn orchard with the package's network."""
    pytest.importorskip("nbclient", reason="notebooks: pip install 'fruits[notebook]'")
    pytest.importorskip("altair", reason="figures: pip install 'fruits[report]'")
    from fruits.runners.choose import what_spark_lacks

    if missing := what_spark_lacks():
        pytest.skip(missing)
    from notebooks.execution import execute

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRUITS_WEIGHTS", str(seeded_weights))
        # Returned, not yielded: the variable would stay for all tests that come after.
        return execute(NOTEBOOK, tmp_path_factory.mktemp("run"), photos=None, model="fruitnet")
