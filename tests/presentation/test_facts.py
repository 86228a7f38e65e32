"""The committed facts: nothing of this machine, and what they say holds together."""

import json

import pytest

from presentation.facts import FILE, Facts, read_facts, write_facts

FACTS = json.loads(FILE.read_text(encoding="utf-8"))


def test_facts_name_no_path_and_no_machine():
    texts = [value for value in FACTS.values() if isinstance(value, str)]
    assert texts
    assert not [text for text in texts if "/" in text or "\\" in text]


def test_the_data_sets_counts_add_up():
    assert FACTS["data.training"] + FACTS["data.test"] == FACTS["run.images"]
    assert FACTS["data.training"] == FACTS["data.training.each"] * FACTS["data.classes"]
    assert FACTS["matrix.rows"] == FACTS["run.images"]


def test_the_needed_components_reach_their_levels_and_one_less_does_not():
    for level in ("low", "middle", "high"):
        needed, share = FACTS[f"pca.needed.{level}"], FACTS[f"pca.level.{level}"]
        assert FACTS["pca.cumulative"][needed - 1] >= share
        assert FACTS["pca.cumulative"][needed - 2] < share


def test_kills_by_victim_add_up():
    victims = [FACTS[f"kills.{who}"] for who in ("driver", "worker", "executor")]
    assert sum(victims) == FACTS["kills.count"]


def test_facts_are_written_sorted_a_list_on_a_line_and_read_back(tmp_path):
    file = tmp_path / "facts.json"
    write_facts({"b": [1.0, 2.123456789], "a": "é", "c": []}, file)
    assert file.read_text(encoding="utf-8").splitlines()[1:3] == [
        ' "a": "é",',
        ' "b": [1.0, 2.123457],',
    ]
    assert read_facts(file).take("b") == [1.0, 2.123457]


def test_an_unknown_fact_is_an_error_that_names_the_family():
    with pytest.raises(KeyError, match=r"cloud\.region"):
        Facts({"cloud.region": "eu-west-3"}).take("cloud.regoin")


def test_missing_facts_say_how_they_are_collected(tmp_path):
    with pytest.raises(FileNotFoundError, match="python -m presentation collect"):
        read_facts(tmp_path / "facts.json")
