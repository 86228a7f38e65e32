"""Times of slides: how they are written, read, and added up."""

import pytest

from presentation import timing


@pytest.mark.parametrize(
    ("told", "seconds"), [("1 min 10", 70), ("2 min", 120), ("45 s", 45), ("1 min 05", 65)]
)
def test_a_duration_is_written_and_read_back(told: str, seconds: int):
    assert timing.parse(told) == seconds
    assert timing.line(seconds) == f"Durée : {told}"
    assert timing.read(f"{timing.line(seconds)}\n\nBonjour.") == seconds


@pytest.mark.parametrize("told", ["", "10", "1h", "une minute"])
def test_what_is_no_duration_is_refused(told: str):
    with pytest.raises(ValueError, match="write it as"):
        timing.parse(told)


def test_the_parts_are_those_of_a_defence_of_twenty_minutes():
    assert [part.seconds // 60 for part in timing.PARTS] == [3, 6, 6, 2, 3]
    assert timing.TOTAL == 20 * 60


def test_a_part_that_is_too_long_is_named():
    slides = [(part.key, part.seconds) for part in timing.PARTS]
    timing.check(slides)
    with pytest.raises(ValueError, match="Démonstration: 125 s, not 120"):
        timing.check([*slides, ("demonstration", 5)])


def test_notes_without_a_duration_tell_none():
    assert timing.read("Bonjour. Durée inconnue.") is None
