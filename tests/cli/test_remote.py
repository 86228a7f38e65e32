"""What a driver on a cluster leaves for whoever waits elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fruits.cli import remote
from fruits.cli.console import TerminalProgress
from fruits.cli.remote import RemoteProgress, describe, open_progress
from fruits.errors import ConfigError, TooManyRejects
from fruits.report.posted import NOTES_KEPT, Posted, posted_name
from fruits.storage.output import Output

from photos import write_photos

SUBMISSION = "20250101T120000-abcdef"


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(f"{tmp_path}/sorties été #1")


def posted(output: Output, submission: str = SUBMISSION) -> Posted | None:
    content = output.read(posted_name(submission))
    return Posted.unpack(content) if content else None


def test_stage_counts_notes_and_run_are_posted(output: Output, monkeypatch, capfd):
    monkeypatch.setattr(remote, "POST_SECONDS", 0.0)
    with RemoteProgress(output.uri, SUBMISSION) as progress:
        progress.begin("run-7")
        progress.stage("features", "60 Pêches")
        progress.advance(12, 60)
        progress.note("dernière nouvelle")
        now = posted(output)
    assert now is not None
    assert (now.submission, now.run_id) == (SUBMISSION, "run-7")
    assert (now.stage, now.detail, now.done, now.total) == ("features", "60 Pêches", 12, 60)
    assert now.images_per_second > 0
    assert now.notes == [f"run run-7, submission {SUBMISSION}", "dernière nouvelle"]
    assert (now.noted, now.exit_code) == (2, None)
    said = capfd.readouterr()
    assert said.out == ""
    assert "dernière nouvelle" in said.err


def test_a_new_stage_starts_counting_anew(output: Output):
    with RemoteProgress(output.uri, SUBMISSION) as progress:
        progress.stage("features")
        progress.advance(60, 60)
        progress.stage("publish")
        now = posted(output)
    assert now is not None
    assert (now.stage, now.done, now.total, now.images_per_second) == ("publish", 0, 0, 0.0)


def test_of_many_notes_the_last_are_kept_and_all_are_counted(output: Output):
    with RemoteProgress(output.uri, SUBMISSION) as progress:
        for n in range(NOTES_KEPT + 3):
            progress.note(str(n))
    now = posted(output)
    assert now is not None
    assert (now.notes[0], now.notes[-1], now.noted) == ("3", str(NOTES_KEPT + 2), NOTES_KEPT + 3)
    assert now.notes_after(NOTES_KEPT + 1) == now.notes[-2:]
    assert now.notes_after(NOTES_KEPT + 3) == []


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (None, 0, ""),
        (TooManyRejects("trop de rejets: 5 %"), 3, "trop de rejets: 5 %"),
        (ConfigError("components = 'é'"), 2, "components = 'é'"),
        (OSError("disk"), 1, "disk"),
        (ValueError(), 1, "ValueError"),
        (KeyboardInterrupt(), 130, "KeyboardInterrupt"),
    ],
)
def test_the_end_is_posted_with_its_exit_code_and_reason(output: Output, error, code, message):
    def run() -> None:
        with RemoteProgress(output.uri, SUBMISSION):
            if error is not None:
                raise error

    if error is None:
        run()
    else:
        with pytest.raises(type(error)):
            run()
    now = posted(output)
    assert now is not None
    assert (now.exit_code, now.message) == (code, message)


@pytest.mark.parametrize("where", ["file/out", "nowhere://bucket/out"])
def test_a_storage_that_fails_does_not_end_a_run(tmp_path: Path, where: str):
    (tmp_path / "file").write_bytes(b"")
    uri = where if "://" in where else f"{tmp_path}/{where}"
    with RemoteProgress(uri, SUBMISSION) as progress:
        progress.begin("run-7")
        progress.stage("features")
        progress.note("still here")
        reached = True
    assert reached
    assert (tmp_path / "file").read_bytes() == b""


def test_what_ended_runs_posted_is_cleared_and_a_living_ones_stays(output: Output):
    for name, code in {"ended": 0, "failed": 1, "living": None, SUBMISSION: 3}.items():
        output.write(posted_name(name), Posted(name, exit_code=code).pack())
    with RemoteProgress(output.uri, SUBMISSION) as progress:
        progress.begin("run-7")
        left = output.names("_fruits/progress")
    assert left == [f"{SUBMISSION}.json", "living.json"]


def test_a_damaged_post_of_another_run_does_not_end_this_one(output: Output):
    output.write(posted_name("damaged"), b'{"submission": "dam')
    with RemoteProgress(output.uri, SUBMISSION) as progress:
        progress.begin("run-7")
    now = posted(output)
    assert now is not None
    assert now.exit_code == 0


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (Posted("s", stage="list", detail="Pêches"), "list Pêches"),
        (Posted("s", stage="publish"), "publish"),
        (Posted("s", stage="features", done=0, total=1200), "features 0 of 1,200"),
        (
            Posted("s", stage="features", done=600, total=1200, images_per_second=10.0),
            "features 600 of 1,200 · 10 images/s · 1.0 min left",
        ),
    ],
)
def test_how_far_a_run_is_fits_in_a_line(told: Posted, text: str):
    assert describe(told) == text


def test_only_a_driver_that_was_sent_posts_anything(output: Output, monkeypatch):
    monkeypatch.delenv("FRUITS_SUBMISSION", raising=False)
    assert type(open_progress(output.uri)) is TerminalProgress
    monkeypatch.setenv("FRUITS_SUBMISSION", SUBMISSION)
    assert isinstance(open_progress(output.uri), RemoteProgress)


def test_a_whole_run_that_was_sent_leaves_its_end_and_its_counts(tmp_path: Path, tiny_onnx: Path):
    photos = write_photos(tmp_path / "vergers été", 12, broken=False)
    places = ["--input", photos, "--output", tmp_path / "out", "--model", tiny_onnx]
    options = ["--runner", "local", "--components", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "fruits.cli", "run", *map(str, places), *options],
        capture_output=True, text=True, check=False, timeout=300,
        env=os.environ | {"FRUITS_SUBMISSION": SUBMISSION},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    now = posted(Output(str(tmp_path / "out")))
    assert now is not None
    assert (now.exit_code, now.message, now.stage) == (0, "", "publish")
    assert f"submission {SUBMISSION}" in done.stderr
    assert now.run_id
    assert now.run_id in done.stderr
