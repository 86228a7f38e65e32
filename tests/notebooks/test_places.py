"""The first cell: it knows where it is, and what to install where fruits is missing."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROBE = """
import json, os, sys
names = {"__name__": "__main__"}
exec(os.environ["BEFORE"], names)
exec(os.environ["CELL"], names)
exec(os.environ["AFTER"], names)
"""


@pytest.fixture
def first(code: list[Any]) -> str:
    """The source of the first cell of code."""
    source: str = code[0].source
    return source


def probe(cell: str, folder: Path, *, before: str = "", after: str = "", **given: str) -> str:
    """Run a cell in a Python of its own, with something before and after it; return what it says.

    Raises AssertionError with its stderr where it fails.
    """
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("DATABRICKS", "COLAB"))}
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
        env=keep | {"CELL": cell, "BEFORE": before, "AFTER": after} | given,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("place", "before", "given"),
    [
        ("ordinateur", "", {}),
        ("ordinateur", "spark = object(); get_ipython = object()", {}),
        ("EMR", "spark = object()", {}),
        ("Colab", "", {"COLAB_RELEASE_TAG": "release-colab"}),
        ("Colab", "import types; sys.modules['google.colab'] = types.ModuleType('x')", {}),
        ("Databricks", "spark = get_ipython = 1", {"DATABRICKS_RUNTIME_VERSION": "17.3"}),
    ],
)
def test_it_knows_where_it_is(
    place: str, before: str, given: dict[str, str], first: str, tmp_path: Path
):
    said = probe(first, tmp_path, before=f"import sys; {before}", **given)
    assert said.startswith(f"{place} · Python ")


HIDE = """
import importlib.util, subprocess
importlib.util.find_spec = lambda name: None
subprocess.run = lambda command, **_: print(json.dumps(command))
import json
"""
"""No package is found, and what would be run is printed instead."""


def installed(cell: str, folder: Path, **given: str) -> str:
    """Return what the cell would have pip install."""
    said = probe(cell, folder, before=HIDE, **given)
    words: list[str] = json.loads(said.splitlines()[0])
    assert words[1:4] == ["-m", "pip", "install"]
    return words[-1]


def test_a_wheel_beside_the_notebook_is_installed_where_fruits_is_missing(
    first: str, tmp_path: Path
):
    wheel = tmp_path / "fruits-0.1.0-py3-none-any.whl"
    wheel.touch()
    assert installed(first, tmp_path) == f"{wheel}[spark,tensorflow,report]"


def test_the_repository_around_the_notebook_is_installed(first: str, tmp_path: Path):
    (tmp_path / "src" / "fruits").mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    assert installed(first, tmp_path / "notebooks") == f"{tmp_path}[spark,tensorflow,report]"


def test_an_address_that_was_given_comes_first(first: str, tmp_path: Path):
    (tmp_path / "fruits-0.1.0-py3-none-any.whl").touch()
    address = "git+https://example.org/fruits.git"
    found = installed(first, tmp_path, FRUITS_NOTEBOOK_PACKAGE=address)
    assert found == f"fruits[spark,tensorflow,report] @ {address}"


def test_where_there_is_nothing_to_install_it_says_what_to_do(first: str, tmp_path: Path):
    with pytest.raises(AssertionError, match="déposer sa roue à côté du carnet"):
        installed(first, tmp_path)


def test_nothing_is_installed_where_fruits_is_there(first: str, tmp_path: Path):
    refuse = "import subprocess\ndef refuse(*_, **__): raise SystemExit(3)\nsubprocess.run = refuse"
    assert probe(first, tmp_path, before=refuse).startswith("ordinateur")


@pytest.mark.parametrize(
    ("call", "written"),
    [
        ("nombre(26837)", "26\u202f837"),
        ("nombre(0.589, 2)", "0,59"),
        ("pour_cent(0.9811, 1)", "98,1\u00a0%"),
    ],
)
def test_numbers_are_written_the_french_way(call: str, written: str, first: str, tmp_path: Path):
    assert probe(first, tmp_path, after=f"print({call})").splitlines()[-1] == written
