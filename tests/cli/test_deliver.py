"""`fruits deliver` as a person or a script meets it: in processes of its own."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("pptx", reason="slides: pip install 'fruits[presentation]'")
pytest.importorskip("nbformat", reason="notebooks: pip install 'fruits[notebook]'")

from handed_in import write_all, write_results

FRUITS = [sys.executable, "-m", "fruits.cli", "deliver"]
LINK = "https://photos.s3.eu-west-3.amazonaws.com/raw/"
WHOLE = ["--link", LINK]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options that name a notebook, slides and a run's results."""
    folder = tmp_path_factory.mktemp("parts")
    files = write_all(folder) | {"results": write_results(folder)}
    return [word for name, file in files.items() for word in (f"--{name}", str(file))]


@pytest.fixture
def deliver(parts: list[str], tmp_path: Path):
    def call(*more: str, last: str = "de la Tour", first: str = "Zoé", day: str = "28/11/2026"):
        who = ["--last-name", last, "--first-name", first, "--date", day, "--title", "Fruits !"]
        command = [*FRUITS, *who, *parts, "--output", str(tmp_path / "out"), *more]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=os.environ, timeout=300
        )

    return call


def test_it_ends_with_0_and_tells_every_check_and_what_is_in_the_archive(deliver, tmp_path):
    done = deliver(*WHOLE)
    assert done.returncode == 0, done.stderr
    archive = tmp_path / "out" / "Fruits_de-la-Tour_Zoé.zip"
    assert f"archive   {archive}, {archive.stat().st_size:,} bytes" in done.stdout
    assert "20 min 00 s" in done.stdout
    assert "de-la-Tour_Zoé_2_images_112026/matrix.parquet" in done.stdout
    assert "missing" not in done.stdout
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["check", "pack"]
    assert zipfile.ZipFile(archive).testzip() is None


def test_it_ends_with_1_and_a_remedy_where_something_is_missing(deliver, tmp_path):
    done = deliver()
    assert done.returncode == 1
    assert "missing  storage on the cloud" in done.stdout
    assert "→ fruits dataset put" in done.stdout
    assert "no archive was built: 1 of 15 checks stand against it" in done.stderr
    assert not (tmp_path / "out").exists()
    assert deliver("--allow-missing").returncode == 0


def test_a_dry_run_ends_as_the_real_one_would_and_writes_nothing(deliver, tmp_path):
    assert deliver("--dry-run").returncode == 1
    done = deliver("--dry-run", *WHOLE)
    assert (done.returncode, "would be" in done.stdout) == (0, True)
    assert not (tmp_path / "out").exists()


def test_programs_read_the_same_facts_as_json_also_when_nothing_is_built(deliver):
    refused = deliver("--json")
    assert refused.returncode == 1
    facts = json.loads(refused.stdout)
    assert (facts["built"], facts["against"]) == (False, ["storage on the cloud"])
    built = json.loads(deliver("--json", *WHOLE).stdout)
    assert built["built"]
    assert len(built["sha256"]) == 64
    assert {check["state"] for check in built["checks"]} == {"ok"}


def test_photos_are_counted_by_what_became_of_them(deliver):
    done = deliver(*WHOLE, "--with-images", "--data-set", "none")
    assert done.returncode == 0, done.stderr
    assert "photos    48 as it was, 1 stripped" in done.stdout


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"day": "November"}, "write 11/2026"),
        ({"last": "../up"}, "--last-name"),
        ({"first": " "}, "no letter and no digit"),
    ],
)
def test_words_that_name_no_file_end_with_2_before_anything_is_checked(deliver, given, told):
    done = deliver(**given)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_an_unknown_data_set_and_an_archive_that_is_there_end_with_2(deliver):
    assert "fruits-360" in deliver("--data-set", "fruits-361").stderr
    assert deliver(*WHOLE).returncode == 0
    again = deliver(*WHOLE)
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    assert deliver(*WHOLE, "--replace").returncode == 0


def test_a_folder_that_cannot_be_written_to_ends_with_2_and_no_traceback(deliver, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    done = deliver(*WHOLE, "--output", str(tmp_path / "file" / "deep"))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "check --output" in done.stderr


def test_help_shows_examples_and_loads_no_heavy_library():
    script = (
        "import sys\nfrom fruits.cli import cli\n"
        "cli.main(['deliver', '--help'], standalone_mode=False)\n"
        "heavy = {'pyspark', 'pptx', 'nbformat', 'deltalake', 'pyarrow', 'numpy'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "--dry-run" in done.stdout
