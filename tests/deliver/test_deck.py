"""Slides and how long they take, by their notes; the PDF beside them."""

from pathlib import Path

import pytest

pytest.importorskip("pptx", reason="slides: pip install 'fruits[presentation]'")

from fruits.deliver.deck import check_slides, parse_duration
from handed_in import pdf, write_slides

TWO = "Ce que l’on dit.\nDurée : 2 min\nEt la suite."


@pytest.fixture
def checked(tmp_path: Path):
    def check(*notes, pages: int | None = None, hidden: int = 0):
        file = write_slides(tmp_path / "fruits.pptx", *notes, hidden=hidden)
        if pages is not None:
            file.with_suffix(".pdf").write_bytes(pdf(pages))
        return {finding.check: finding for finding in check_slides(file)}

    return check


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2 min", 120), ("1 min 10", 70), ("1 min 10 s", 70), ("1\u202fmin\u00a010", 70),
        ("45 s", 45), ("1min10s", 70), ("2 min.", 120), ("0 min 30", 30),
        ("", None), ("deux minutes", None), ("2", None), ("10", None), ("2:30", None),
        ("2,5 min", None), ("1 h", None), ("1 min 10 (cumul : 3 min)", None),
    ],
)  # fmt: skip
def test_durations_are_read_as_they_are_written_in_french(text, seconds):
    assert parse_duration(text) == seconds


def test_a_deck_of_twenty_minutes_is_fine(checked):
    found = checked(*[TWO] * 10, pages=10)
    assert {finding.state for finding in found.values()} == {"ok"}
    assert found["slides"].found == "fruits.pptx: 10 slides shown"
    assert found["slides' duration"].found == "20 min 00 s"


@pytest.mark.parametrize(
    ("notes", "state", "told"),
    [
        (["Durée : 1 min 10"] * 8, "wrong", "9 min 20 s: not between 15 and 25 min"),
        (["Durée : 14 min 59"], "wrong", "14 min 59 s"),
        (["Durée : 15 min"], "ok", "15 min 00 s"),
        (["Durée\u00a0: 12 min 30", "durée : 12 min 30 s"], "ok", "25 min 00 s"),
        (["Durée : 25 min 01"], "wrong", "25 min 01 s"),
    ],
)
def test_between_15_and_25_minutes_and_not_a_second_more_or_less(checked, notes, state, told):
    found = checked(*notes, pages=len(notes))["slides' duration"]
    assert found.state == state
    assert found.found.startswith(told)


@pytest.mark.parametrize("notes", [[None] * 3, ["", "Bonjour", None]])
def test_notes_that_tell_no_duration_are_wrong(checked, notes):
    found = checked(*notes, pages=3)["slides' duration"]
    assert (found.state, found.found) == ("wrong", "the notes tell no duration")
    assert "Durée : 1 min 10" in found.advice


def test_slides_without_a_duration_are_named_beside_the_sum_of_the_others(checked):
    found = checked(*[TWO] * 9, None, "Questions", pages=11)["slides' duration"]
    assert (found.state, found.found[:12]) == ("ok", "18 min 00 s,")
    assert "slides 10, 11" in found.found


def test_a_duration_that_nobody_can_read_is_told_with_its_slide(checked):
    found = checked(TWO, "Durée : deux minutes", pages=2)["slides' duration"]
    assert (found.state, found.found) == ("wrong", "slide 2: 'Durée : deux minutes' is no duration")


def test_a_hidden_slide_takes_no_time_and_no_page(checked):
    found = checked("Durée : 24 min", *[TWO] * 8, pages=8, hidden=1)
    assert found["slides"].found.endswith("8 slides shown")
    assert found["slides' duration"].found == "16 min 00 s"
    assert found["slides as PDF"].state == "ok"


def test_a_pdf_of_another_length_is_an_old_one(checked):
    found = checked(*[TWO] * 8, pages=7)["slides as PDF"]
    assert (found.state, found.found) == ("wrong", "fruits.pdf has 7 pages, for 8 slides")


def test_a_pdf_that_is_not_there_is_missing(checked):
    found = checked(*[TWO] * 8)["slides as PDF"]
    assert found.state == "missing"
    assert "export the slides as fruits.pdf" in found.advice


def test_slides_that_are_not_there_are_missing_and_their_pdf_may_be_there(tmp_path):
    (tmp_path / "fruits.pdf").write_bytes(pdf(3))
    found = check_slides(tmp_path / "fruits.pptx")
    assert [(f.check, f.state) for f in found] == [("slides", "missing"), ("slides as PDF", "ok")]


@pytest.mark.parametrize("content", [b"", b"no zip", pdf(1)])
def test_what_is_no_presentation_is_told_as_such(tmp_path, content):
    (tmp_path / "fruits.pptx").write_bytes(content)
    found = check_slides(tmp_path / "fruits.pptx")
    assert (found[0].check, found[0].state) == ("slides", "wrong")
    assert "cannot be read" in found[0].found


def test_half_a_presentation_is_told_as_such(tmp_path):
    file = write_slides(tmp_path / "fruits.pptx", TWO)
    file.write_bytes(file.read_bytes()[:5000])
    assert check_slides(file)[0].state == "wrong"
