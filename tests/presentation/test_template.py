"""Placeholders are filled, and numbers that somebody typed are refused."""

import pytest

from presentation.facts import Facts
from presentation.template import ALLOWED, TypedNumberError, fill


@pytest.fixture
def facts() -> Facts:
    return Facts({"count": 26837, "share": 0.9348, "name": "eu-west-3", "day": "2026-11-27",
                  "money": 2.593, "list": [1, 2]})  # fmt: skip


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{count} photos", "26\u202f837 photos"),
        ("{share:%1}", "93,5\u00a0%"),
        ("{share:2} et {money:euros}", "0,93 et 2,59\u00a0€"),
        ("Région {name}", "Région eu-west-3"),
        ("du {day:date}", "du 27\u00a0novembre\u00a02026"),
    ],
)
def test_placeholders_take_their_values(template: str, expected: str, facts: Facts):
    assert fill(template, facts) == expected


@pytest.mark.parametrize("template", ["81 classes", "5,8 fois plus vite", "{count} photos, 224 px"])
def test_a_number_typed_by_hand_is_refused(template: str, facts: Facts):
    with pytest.raises(TypedNumberError, match="take it from facts"):
        fill(template, facts)


@pytest.mark.parametrize("name", ALLOWED)
def test_names_that_hold_a_digit_are_allowed(name: str, facts: Facts):
    assert fill(f"avec {name} ici", facts, code=True) == f"avec {name} ici"


def test_an_unknown_name_is_an_error_that_names_its_neighbours(facts: Facts):
    with pytest.raises(KeyError, match=r"'count\.all'"):
        fill("{count.all}", facts)


@pytest.mark.parametrize("template", ["{share}", "{list}", "{name:1}", "{count", "{Count}"])
def test_a_form_that_does_not_fit_its_value_is_refused(template: str, facts: Facts):
    with pytest.raises(ValueError, match=r"cannot be written so|no placeholder"):
        fill(template, facts)


def test_code_keeps_its_quotes_and_spaces(facts: Facts):
    assert fill("r = f(weights=\"imagenet\") : 'x'", facts, code=True) == (
        "r = f(weights=\"imagenet\") : 'x'"
    )


def test_facts_know_which_of_them_nobody_used(facts: Facts):
    fill("{count} {name}", facts)
    assert facts.unused() == ["day", "list", "money", "share"]
