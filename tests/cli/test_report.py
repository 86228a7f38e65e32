"""`fruits report`, and the page that a run ends with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("altair", reason="pip install 'fruits[report]'")


def fruits(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fruits.cli", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        check=False,
    )


@pytest.fixture(scope="module")
def finished(
    tmp_path_factory: pytest.TempPathFactory, tiny_onnx: Path
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A run, typed as a user would, that ends with its page."""
    from photos import write_photos

    folder = tmp_path_factory.mktemp("run")
    photos = write_photos(folder / "photos", 60)
    arguments = ["--input", str(photos), "--output", str(folder / "out"), "--model", str(tiny_onnx)]
    return folder / "out", fruits(
        "run", *arguments, "--runner", "local", "--components", "3", FRUITS_REPORT="1"
    )


def test_a_run_ends_with_its_page_and_says_where_it_is(finished):
    output, done = finished
    assert done.returncode == 0
    assert f"page      {output / 'report.html'}" in done.stderr
    assert "60 images became vectors" in (output / "report.html").read_text()


def test_no_report_means_no_page(finished, tmp_path: Path):
    output, _ = finished
    settings = json.loads((output / "report.json").read_text())
    again = ["--input", settings["input"], "--output", str(tmp_path / "out"), "--runner", "local"]
    done = fruits("run", *again, "--model", "fruitnet", "--no-report", FRUITS_REPORT="1")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "out" / "report.html").exists()


def test_report_makes_it_again_elsewhere_in_french_with_figures(finished, tmp_path: Path):
    output, _ = finished
    done = fruits(
        "report", str(output), "--to", str(tmp_path / "à voir"), "--language", "fr", "--figures"
    )
    assert done.returncode == 0, done.stderr
    assert "Ce que les photos sont devenues" in (tmp_path / "à voir" / "report.html").read_text()
    names = sorted(path.name for path in (tmp_path / "à voir" / "figures").iterdir())
    assert names[:4] == ["classes.png", "classes.svg", "map.png", "map.svg"]
    assert str(tmp_path / "à voir" / "report.html") in done.stdout


def test_json_tells_the_same(finished):
    output, _ = finished
    made = json.loads(fruits("report", str(output), "--json").stdout)
    assert made["page"] == str(output / "report.html")
    assert made["page_bytes"] == (output / "report.html").stat().st_size


def test_a_folder_without_a_run_is_refused(tmp_path: Path):
    done = fruits("report", str(tmp_path))
    assert done.returncode == 1
    assert "holds no report.json" in done.stderr
    assert list(tmp_path.iterdir()) == [], "nothing is written there"


def test_without_the_extra_the_command_says_what_to_install(finished, tmp_path: Path):
    output, _ = finished
    (tmp_path / "altair.py").write_text("raise ImportError('no altair', name='altair')")
    done = fruits("report", str(output), PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert "pip install 'fruits[report]'" in done.stderr


def test_without_the_extra_a_run_is_as_good_as_before(finished, tmp_path: Path):
    output, _ = finished
    (tmp_path / "altair.py").write_text("raise ImportError('no altair', name='altair')")
    facts = json.loads((output / "report.json").read_text())
    again = ["--input", facts["input"], "--output", str(tmp_path / "out"), "--runner", "local"]
    done = fruits("run", *again, "--model", "fruitnet", FRUITS_REPORT="1", PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "page      none here" in done.stderr
    assert (tmp_path / "out" / "matrix" / "matrix.csv").exists()


def test_a_page_that_cannot_be_written_does_not_spoil_the_run(finished, tmp_path: Path):
    output, _ = finished
    facts = json.loads((output / "report.json").read_text())
    (tmp_path / "out" / "report.html").mkdir(parents=True)
    again = ["--input", facts["input"], "--output", str(tmp_path / "out"), "--runner", "local"]
    done = fruits("run", *again, "--model", "fruitnet", FRUITS_REPORT="1")
    assert done.returncode == 0, done.stderr
    assert "page      none (" in done.stderr
    assert "`fruits report " in done.stderr


def test_another_run_at_work_is_not_disturbed(finished):
    from fruits.storage.lease import Lease
    from fruits.storage.output import Output

    output, _ = finished
    lease = Lease.acquire(Output(str(output)), "another")
    try:
        done = fruits("report", str(output))
    finally:
        lease.release()
    assert done.returncode == 1
    assert "another" in done.stderr
