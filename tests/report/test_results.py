"""An output comes back as the run left it."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from fruits import Config, read_results
from fruits.errors import InputError
from fruits.pipeline import pack
from fruits.report.results import Results
from fruits.schema import component_names


def test_the_matrix_is_the_file_that_was_written(results: Results, orchard_output: Path):
    assert results.matrix.equals(pq.read_table(orchard_output / "matrix" / "matrix.parquet"))
    assert results.rows == results.facts.matrix_rows == 96


def test_only_the_columns_asked_for_are_read(results: Results):
    table = results.columns(["label", "pc_0002"])
    assert table.column_names == ["label", "pc_0002"]
    assert table["pc_0002"].equals(results.matrix["pc_0002"])


@pytest.mark.parametrize("rows", [[0, 5, 95], [], list(range(96))], ids=["some", "none", "all"])
def test_scores_are_the_rows_asked_for(results: Results, rows: list[int]):
    scores = results.scores(np.array(rows, dtype=np.int64), 3)
    wanted = results.matrix.select(component_names(3)).to_pandas().to_numpy()[rows]
    assert scores.shape == (len(rows), 3)
    assert np.array_equal(scores, wanted)


def test_the_pca_is_the_one_that_made_the_matrix(results: Results):
    variances = results.matrix["pc_0001"].to_numpy().astype(float).var(ddof=1)
    assert variances == pytest.approx(results.pca.explained_variance[0], rel=1e-5)
    assert results.wanted == 7


def test_rejects_come_with_their_reasons(results: Results):
    found = {row["path"]: row["reason"] for row in results.rejected.to_pylist()}
    assert found == {
        "Training/Apple Red/broken_1_truncated.jpg": "truncated",
        "Training/Banana/broken_2_empty.jpg": "empty",
        "Training/Blueberry/broken_3_text.jpg": "not-an-image",
    }


def test_a_report_written_before_versions_were_kept_is_still_read(
    orchard_output: Path, tmp_path: Path
):
    facts = json.loads((orchard_output / "report.json").read_bytes())
    assert facts.pop("versions")["python"]
    (tmp_path / "report.json").write_text(json.dumps(facts))
    assert read_results(str(tmp_path)).facts.versions == {}


def test_a_folder_without_a_run_is_refused_with_what_to_do(tmp_path: Path):
    with pytest.raises(InputError, match=r"holds no report\.json: .*`fruits run`"):
        read_results(str(tmp_path))


def test_packed_images_are_no_results(photos: Path, tmp_path: Path):
    pack(Config(input=str(photos), output=str(tmp_path / "packed"), runner="local"))
    with pytest.raises(InputError, match="packed images"):
        read_results(str(tmp_path / "packed"))


def test_features_without_a_matrix_say_so(orchard_output: Path, tmp_path: Path):
    (tmp_path / "report.json").write_bytes((orchard_output / "report.json").read_bytes())
    found = read_results(str(tmp_path))
    assert not found.reduced
    assert found.rejected.num_rows == 0
    with pytest.raises(InputError, match="`fruits reduce`"):
        found.columns(["path"])
    with pytest.raises(InputError, match="`fruits reduce`"):
        _ = found.pca
