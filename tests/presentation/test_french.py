"""Numbers and punctuation as French readers expect them."""

import pytest

from presentation.french import day, duration, euros, millions, number, percent, typeset


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (number(26837), "26\u202f837"),
        (number(5.7716, 1), "5,8"),
        (number(1234567.891, 2), "1\u202f234\u202f567,89"),
        (number(-0.5, 1), "\u22120,5"),
        (percent(0.9348, 1), "93,5\u00a0%"),
        (percent(0.95), "95\u00a0%"),
        (euros(10.0), "10\u00a0€"),
        (euros(0.0587), "0,06\u00a0€"),
        (millions(1_000_000), "1\u00a0million"),
        (millions(10_000_000), "10\u00a0millions"),
        (day("2026-11-27"), "27\u00a0novembre\u00a02026"),
        (day("2026-08-01"), "1er\u00a0août\u00a02026"),
    ],
)
def test_values_are_written_the_french_way(written: str, expected: str):
    assert written == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(45, "45 s"), (60, "1 min"), (70, "1 min 10"), (65, "1 min 05"), (1200, "20 min")],
)
def test_durations_are_those_of_speakers_notes(seconds: int, expected: str):
    assert duration(seconds) == expected


def test_a_count_that_is_no_whole_million_is_refused():
    with pytest.raises(ValueError, match="1,500,000"):
        millions(1_500_000)


def test_punctuation_and_units_never_begin_a_line():
    assert typeset("« Quoi ? » : l'essai ; 5 % et {a} min !") == (
        "«\u00a0Quoi\u00a0?\u00a0»\u00a0: l’essai\u00a0; 5\u00a0% et {a}\u00a0min\u00a0!"
    )
