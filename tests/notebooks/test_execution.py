"""The notebook, run from top to bottom: in Jupyter, and where there is no Jupyter at all."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'fruits[spark]'")
pytest.importorskip("altair", reason="figures: pip install 'fruits[report]'")

from fruits.runners.choose import what_spark_lacks

MISSING = what_spark_lacks()
pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=MISSING or "Spark is here"),
]

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "fruits.ipynb"

REPL = """
import json, sys
from pathlib import Path

names = {"__name__": "__main__"}
if sys.argv[2] == "livy":  # which has a session ready before the first cell
    from pyspark.sql import SparkSession

    names["spark"] = SparkSession.builder.master("local[2]").getOrCreate()
for cell in json.loads(Path(sys.argv[1]).read_text())["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), names)
print("alive", names["spark"].range(3).count())
"""

LEAN = """
import sys
from importlib.machinery import PathFinder

class Lean(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in {lacking}:
            return None
        return super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Lean
"""

LACKING = ("IPython", "altair", "vl_convert", "pandas", "sklearn", "boto3", "yaml", "nbformat")
"""What the nodes of EMR do not have: see src/fruits/cloud/locks."""


@pytest.mark.tensorflow
def test_every_cell_runs_and_none_fails(executed: Any):
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [out for cell in code for out in cell.outputs if out.output_type == "error"]


@pytest.mark.tensorflow
def test_tensorflow_weights_reach_workers_that_have_neither_network_nor_file(executed: Any):
    said = _said(executed)
    assert "moteur tensorflow" in said
    assert "1 seule empreinte" in said
    assert "1\u202f280 nombres" in said or "1280 nombres" in said


@pytest.mark.tensorflow
def test_the_drawn_orchard_is_counted_and_its_broken_files_are_refused_with_a_reason(executed: Any):
    said = _said(executed)
    assert "243 fichiers, 3 refusés" in said
    for name, reason in (("truncated", "tronquée"), ("empty", "vide"), ("text", "pas une image")):
        assert re.search(rf"broken_\d_{name}\.jpg +{reason}\n", said)


@pytest.mark.tensorflow
def test_the_old_way_fails_where_the_new_one_works(executed: Any):
    assert "à l'ancienne façon : échec" in _said(executed)


@pytest.mark.tensorflow
def test_a_photo_that_lies_on_its_side_is_turned_upright(executed: Any):
    said = _said(executed)
    cosines = dict(re.findall(r"^(\S.*\S) +cosinus avec la photo droite : ([\d,]+)$", said, re.M))
    upright, tagged, untagged = (
        float(cosines[name].replace(",", "."))
        for name in ("droite", "couchée, étiquetée", "couchée")
    )
    assert upright == 1
    assert tagged > 0.99
    assert untagged < 0.95


@pytest.mark.tensorflow
def test_a_second_run_computes_nothing(executed: Any):
    assert "0 recalculée" in _said(executed)


@pytest.mark.tensorflow
def test_figures_are_shown_as_pictures_in_the_cells_that_say_so(executed: Any):
    tagged = [cell for cell in executed.cells if "tags" in cell.metadata]
    assert len(tagged) >= 5
    for cell in tagged:
        assert any("image/png" in out.get("data", {}) for out in cell.outputs), cell.id


def test_in_a_plain_python_figures_go_to_the_output(tmp_path: Path):
    said = _in_a_repl(tmp_path, "plain", lacking=["IPython"])
    assert said.startswith("ordinateur")
    figures = sorted(file.name for file in tmp_path.glob("out/figures/*.png"))
    assert figures == ["classes.png", "map_of.png", "scree.png", "stages.png", "variance.png"]
    for name in figures:
        assert f"figure enregistrée : out/figures/{name}" in said
        assert (tmp_path / "out" / "figures" / name).read_bytes().startswith(b"\x89PNG")


def test_on_emr_the_session_is_borrowed_and_what_is_missing_there_is_said(tmp_path: Path):
    """Livy's way, with the libraries that EMR's nodes get, and without TensorFlow's weights."""
    photos = str(tmp_path / "photos")
    subprocess.run(
        [sys.executable, "-m", "fruits.cli", "dataset", "sample", "--output", photos], check=True
    )
    given = {"FRUITS_NOTEBOOK_INPUT": photos, "FRUITS_NOTEBOOK_OUTPUT": str(tmp_path / "out")}
    said = _in_a_repl(tmp_path, "livy", lacking=LACKING, **given)
    assert said.startswith("EMR")
    assert said.splitlines()[-1] == "alive 3"
    assert "pas de diffusion TensorFlow ici" in said
    assert "moteur onnx" in said
    assert said.count("l'extra report manque ici") == 5
    assert said.count("pandas manque ici") == 2
    assert "0 recalculée" in said
    assert sorted(file.name for file in tmp_path.glob("out/matrix/*"))


def test_on_emr_places_that_executors_do_not_reach_are_refused(tmp_path: Path):
    with pytest.raises(AssertionError, match="sur une grappe, donner ENTREE et SORTIE"):
        _in_a_repl(tmp_path, "livy", lacking=["IPython"])


def _in_a_repl(folder: Path, kind: str, *, lacking: Sequence[str], **given: str) -> str:
    """Run the cells with `exec` in a Python of its own, which cannot import what is lacking."""
    (folder / "repl.py").write_text(REPL)
    # Python imports a module of this name as it starts, in Spark's workers too.
    (folder / "sitecustomize.py").write_text(LEAN.format(lacking=set(lacking)))
    done = subprocess.run(
        [sys.executable, "repl.py", str(NOTEBOOK), kind],
        cwd=folder, capture_output=True, text=True, check=False, timeout=400,
        env=os.environ | {
            "FRUITS_NOTEBOOK_MODEL": "fruitnet",
            "FRUITS_WEIGHTS": str(folder / "none"),
            "PYTHONPATH": str(folder),
            "PYSPARK_PYTHON": sys.executable,
        } | given,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def _said(notebook: Any) -> str:
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    return "".join(out.get("text", "") for out in outputs)
