"""A run is followed by what it posts, however seldom somebody looks."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fruits.cloud.watch import all_posted, follow, read_posted
from fruits.report.posted import NOTES_KEPT, Posted, posted_name
from fruits.storage.output import Output

SUBMISSION = "20250101T120000-abcdef"


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(f"{tmp_path}/sorties été")


def post(output: Output, posted: Posted) -> None:
    output.write(posted_name(posted.submission), posted.pack())


def watch(
    output: Output,
    course: Iterator[Any],
    progress: Any,
    *,
    alive: Callable[[], bool] = lambda: True,
) -> Posted | None:
    """Follow the run whose next piece happens whenever the follower pauses."""
    return follow(
        lambda: read_posted(output, SUBMISSION), alive, progress, pause=lambda _: next(course)
    )


def test_stages_counts_and_notes_are_told_as_they_come(output: Output, heard):
    def course():
        run = Posted(SUBMISSION, run_id="r1")
        yield
        run.stage, run.detail = "features", "60 Pêches"
        run.add_note("première")
        yield post(output, run)
        run.done, run.total = 30, 60
        yield post(output, run)
        yield
        run.stage, run.detail, run.done, run.total = "publish", "", 0, 0
        run.add_note("dernière")
        run.exit_code, run.message = 3, "too many"
        yield post(output, run)

    posted = watch(output, course(), heard)
    assert posted is not None
    assert (posted.exit_code, posted.message, posted.run_id) == (3, "too many", "r1")
    assert heard.of("stage") == [["features", "60 Pêches"], ["publish", ""]]
    assert heard.of("note") == [["première"], ["dernière"]]
    assert heard.of("advance") == [[30, 60], [30, 60]]


def test_a_note_is_told_once_and_of_too_many_the_last_ones(output: Output, heard):
    def course():
        run = Posted(SUBMISSION)
        run.add_note("first")
        yield post(output, run)
        yield
        for n in range(NOTES_KEPT + 5):
            run.add_note(f"note {n}")
        yield post(output, run)
        run.add_note("end")
        run.exit_code = 0
        yield post(output, run)

    watch(output, course(), heard)
    assert heard.of("note") == [["first"], *[[f"note {n}"] for n in range(5, 25)], ["end"]]


def test_what_a_driver_posts_at_the_very_moment_of_its_death_is_still_told(output: Output, heard):
    def die() -> bool:
        run = Posted(SUBMISSION, stage="features")
        run.add_note("last words")
        post(output, run)
        return False

    posted = watch(output, iter(()), heard, alive=die)
    assert posted is not None
    assert posted.exit_code is None
    assert heard.of("note") == [["last words"]]


def test_a_driver_that_never_says_a_word_ends_with_its_process(output: Output, heard):
    assert watch(output, iter(()), heard, alive=lambda: False) is None
    assert heard.told == []


def test_what_was_posted_last_counts_when_the_next_run_has_cleared_it_away(output: Output, heard):
    def course():
        yield post(output, Posted(SUBMISSION, stage="features"))
        yield output.remove(posted_name(SUBMISSION))

    living = iter([True, True, False])
    posted = watch(output, course(), heard, alive=lambda: next(living))
    assert posted is not None
    assert posted.stage == "features"


@pytest.mark.parametrize("content", [b"", b'{"submission": "x", "sta', b"\xff\xfe", b"pear"])
def test_a_damaged_post_is_passed_over(output: Output, heard, content: bytes):
    def course():
        yield output.write(posted_name(SUBMISSION), content)
        yield post(output, Posted(SUBMISSION, exit_code=0))

    posted = watch(output, course(), heard)
    assert posted is not None
    assert posted.exit_code == 0


@pytest.mark.parametrize("content", [b"[]", b"null", b"{}"])
def test_a_file_that_is_json_but_no_post_is_passed_over(output: Output, content: bytes):
    output.write(posted_name(SUBMISSION), content)
    assert read_posted(output, SUBMISSION) is None


def test_a_key_of_a_newer_fruits_is_passed_over(output: Output):
    output.write(posted_name(SUBMISSION), b'{"submission": "x", "mood": "ripe", "done": 7}')
    assert read_posted(output, SUBMISSION) == Posted("x", done=7)


def test_what_is_posted_is_listed_with_the_newest_first(output: Output):
    assert all_posted(output) == []
    for day, name in enumerate(("b", "c", "a"), start=1):
        packed = json.dumps({"submission": name, "updated": f"2025-01-0{day}T00:00:00.000+00:00"})
        output.write(posted_name(name), packed.encode())
    output.write(posted_name("half"), b'{"submission": "ha')
    assert [posted.submission for posted in all_posted(output)] == ["a", "c", "b"]
