"""The matrix of a real run is whole; every way of spoiling it is found."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fruits.deliver.matrix import check_matrix
from fruits.report.results import read_results

CSV, PARQUET = "matrix/matrix.csv", "matrix/matrix.parquet"
ROWS = 49


def found_in(out: Path) -> dict[str, tuple[str, str]]:
    return {f.check: (f.state, f.found) for f in check_matrix(read_results(str(out)))}


def rewrite_csv(out: Path, change) -> None:
    lines = (out / CSV).read_text("utf-8").splitlines(keepends=True)
    (out / CSV).write_text("".join(change(lines)), "utf-8")


def rewrite_parquet(out: Path, change) -> None:
    pq.write_table(change(pq.read_table(out / PARQUET)), out / PARQUET)


def rewrite_report(out: Path, **facts) -> None:
    whole = json.loads((out / "report.json").read_text("utf-8"))
    (out / "report.json").write_text(json.dumps(whole | facts), "utf-8")


def test_the_matrix_of_a_run_is_whole(out):
    found = found_in(out)
    assert {state for state, _ in found.values()} == {"ok"}
    assert found[PARQUET][1] == f"{ROWS} rows of 5 components"
    told = f"{ROWS} rows, the same images in both files, as in the report, in the PCA, in features/"
    assert found["matrix"][1] == told


def test_a_matrix_that_was_copied_without_its_features_is_compared_with_the_rest(out):
    (out / "features").rename(out / "elsewhere")
    state, told = found_in(out)["matrix"]
    assert (state, told.endswith("as in the report, in the PCA")) == ("ok", True)


@pytest.mark.parametrize("name", [CSV, PARQUET])
def test_a_file_that_is_not_there_is_missing(out, name):
    (out / name).unlink()
    found = found_in(out)
    assert found[name] == ("missing", "not there")
    assert "matrix" not in found


@pytest.mark.parametrize("name", [CSV, PARQUET])
def test_a_file_that_was_cut_in_the_middle_is_wrong(out, name):
    content = (out / name).read_bytes()
    (out / name).write_bytes(content[: len(content) // 2 + 7])
    assert found_in(out)[name][0] == "wrong"


@pytest.mark.parametrize("name", [CSV, PARQUET])
def test_an_empty_file_is_wrong(out, name):
    (out / name).write_bytes(b"")
    assert found_in(out)[name][0] == "wrong"


def test_rows_that_the_csv_lost_are_counted(out):
    rewrite_csv(out, lambda lines: lines[:-3])
    assert found_in(out)["matrix"] == ("wrong", f"{ROWS} rows in Parquet, {ROWS - 3} in CSV")


def test_rows_that_both_lost_are_missed_in_the_report(out):
    rewrite_csv(out, lambda lines: lines[:-3])
    rewrite_parquet(out, lambda table: table.slice(0, ROWS - 3))
    assert found_in(out)["matrix"] == ("wrong", f"{ROWS - 3} rows, {ROWS} in the report")


def test_rows_that_even_the_report_forgot_are_missed_in_the_pca(out):
    rewrite_csv(out, lambda lines: lines[:-3])
    rewrite_parquet(out, lambda table: table.slice(0, ROWS - 3))
    rewrite_report(out, matrix_rows=ROWS - 3)
    assert found_in(out)["matrix"] == ("wrong", f"{ROWS - 3} rows, {ROWS} in the PCA")


def test_rows_in_another_order_are_wrong(out):
    rewrite_csv(out, lambda lines: [lines[0], *reversed(lines[1:])])
    state, told = found_in(out)["matrix"]
    assert (state, "another order" in told) == ("wrong", True)


@pytest.mark.parametrize("value", ["nan", "", "inf"])
def test_a_cell_of_the_csv_without_a_number_is_counted(out, value):
    def change(lines):
        return [*lines[:4], ",".join([*lines[4].split(",")[:-1], value]) + "\n", *lines[5:]]

    rewrite_csv(out, change)
    assert found_in(out)[CSV] == ("wrong", "1 cells hold no finite number")


def test_a_cell_of_the_csv_with_words_is_wrong(out):
    rewrite_csv(out, lambda lines: [*lines[:4], lines[4].rpartition(",")[0] + ",pomme\n"])
    state, told = found_in(out)[CSV]
    assert (state, "pomme" in told) == ("wrong", True)


def test_cells_of_the_parquet_without_a_number_are_counted(out):
    holes = pa.array([float("nan"), None] * (ROWS // 2) + [0.5], pa.float32())
    rewrite_parquet(out, lambda table: table.set_column(5, "pc_0002", holes))
    assert found_in(out)[PARQUET] == ("wrong", f"{ROWS - 1} cells hold no finite number")


def test_a_component_that_is_text_is_no_component(out):
    words = pa.array(["0.5"] * ROWS)
    rewrite_parquet(out, lambda table: table.set_column(5, "pc_0002", words))
    assert found_in(out)[PARQUET] == ("wrong", f"{ROWS} cells hold no finite number")


def test_a_column_too_few_or_by_another_name_is_wrong(out):
    rewrite_parquet(out, lambda table: table.drop_columns(["pc_0005"]))
    rewrite_csv(out, lambda lines: [lines[0].replace("label", "classe"), *lines[1:]])
    found = found_in(out)
    assert found[PARQUET] == ("wrong", "8 columns, not 4 keys, 5 components")
    assert found[CSV][0] == "wrong"
