"""Notebooks as they should be, and in the many ways in which they are handed in by mistake."""

import json
from pathlib import Path

import pytest

pytest.importorskip("nbformat", reason="notebooks: pip install 'fruits[notebook]'")

from fruits.deliver.notebook import check_notebook
from handed_in import code, error, printed, text, write_notebook


@pytest.fixture
def checked(tmp_path: Path):
    def check(*cells):
        found = check_notebook(write_notebook(tmp_path / "fruits.ipynb", *cells))
        return {finding.check: finding for finding in found}

    return check


def test_a_notebook_that_ran_from_top_to_bottom_is_fine(checked):
    found = checked()
    assert {finding.state for finding in found.values()} == {"ok"}
    assert found["notebook executed"].found == "2 code cells, in order, no error"


def test_cells_without_code_need_not_have_run(checked):
    found = checked(text("# Titre"), code("a = 1", 1), code("  \n", None, number=7))
    assert found["notebook executed"].state == "ok"


def test_cells_that_did_not_run_are_named_by_their_place(checked):
    found = checked(text("# Titre"), code("a = 1", 1), code("b = 2", None, number=8))
    assert found["notebook executed"].state == "wrong"
    assert found["notebook executed"].found == "1 of 2 code cells were not executed: 3"
    assert "run all cells" in found["notebook executed"].advice


def test_many_cells_that_did_not_run_are_counted(checked):
    found = checked(*[code("a = 1", None, number=n) for n in range(1, 10)])
    assert "9 of 9" in found["notebook executed"].found
    assert found["notebook executed"].found.endswith("1, 2, 3, 4, 5 and 4 more")


def test_cells_that_ran_in_another_order_are_wrong(checked):
    found = checked(code("b = a", 5), code("a = 1", 4))
    assert "cell 2 ran before the one above" in found["notebook executed"].found


def test_a_cell_that_failed_is_wrong_with_its_error(checked):
    found = checked(code("a = 1", 1), code("1 / 0", 2, error("ZeroDivisionError", "by zero")))
    assert found["notebook executed"].state == "wrong"
    assert found["notebook executed"].found == "cell 2 ends with ZeroDivisionError: by zero"


def test_a_notebook_of_text_alone_is_no_demonstration(checked):
    assert checked(text("# Titre"))["notebook executed"].state == "wrong"


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        ("/home/marie.curie/fruits/out\n", "wrong"),
        ("/Users/marie/fruits\n", "wrong"),
        (r"C:\Users\Marie\fruits", "wrong"),
        ("/home/jovyan/work\n", "ok"),
        ("/mnt/var/lib/hadoop /root/fruits /content\n", "ok"),
        ("s3://photos/raw\n", "ok"),
    ],
)
def test_a_folder_that_names_a_person_is_not_handed_in(checked, shown, state):
    found = checked(code("print(out)", 1, printed(shown)))
    assert found["notebook's paths"].state == state


def test_a_path_in_the_source_counts_like_one_that_was_printed(checked):
    found = checked(code("out = '/home/marie/out'", 1))
    assert found["notebook's paths"].found.startswith("cell 1 shows /home/marie")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        json.dumps({"nbformat": 3, "worksheets": []}).encode(),
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode(),
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {},
                    "cells": [{"cell_type": "code"}]}).encode(),
    ],
)  # fmt: skip
def test_what_is_no_notebook_is_told_as_such_and_nothing_more(tmp_path, content):
    (tmp_path / "fruits.ipynb").write_bytes(content)
    [found] = check_notebook(tmp_path / "fruits.ipynb")
    assert (found.check, found.state) == ("notebook", "wrong")
    assert "fruits.ipynb" in found.found


def test_a_notebook_that_is_not_there_is_missing(tmp_path):
    [found] = check_notebook(tmp_path / "fruits.ipynb")
    assert (found.state, "--notebook" in found.advice) == ("missing", True)
