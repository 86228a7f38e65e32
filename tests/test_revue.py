"""The critical review: its figures are those that were measured, its French is set as it should."""

import copy
import json
import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="the plots of the review: pip install 'fruits[bench]'")

from benchmarks.critique import splits
from benchmarks.critique.document import (
    FIGURE,
    PAGE,
    TEMPLATE,
    figure,
    newest_facts,
    quoted,
    render,
    typeset,
)
from benchmarks.critique.frames import Frames, turn_of, unit
from benchmarks.critique.shops import SPECIES, species_of
from benchmarks.critique.thresholds import first, most_within, plan_of, seconds_there

NAME, FACTS = newest_facts()
TEXT = TEMPLATE.read_text("utf-8")
PAGE_TEXT = PAGE.read_text("utf-8")
IMAGES = PAGE.parent / "images"


def shaken(value):
    """The same facts with every number changed."""
    if isinstance(value, dict):
        return {key: shaken(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shaken(item) for item in value]
    return value * 1.37 + 0.11 if isinstance(value, int | float) else value


def test_the_review_says_the_figures_of_the_newest_measurements():
    assert render(TEXT, FACTS, source=NAME) == PAGE_TEXT


def test_every_figure_of_the_review_moves_with_its_measurement():
    other = shaken(copy.deepcopy(FACTS))
    still = [
        found[0]
        for found in FIGURE.finditer(TEXT)
        if found[3] not in {"day", "version"}
        and figure(FACTS, *found.groups()) == figure(other, *found.groups())
    ]
    assert len(FIGURE.findall(TEXT)) > 100
    assert still == []


def test_a_figure_that_nobody_measured_and_a_quotation_that_is_gone_are_errors():
    with pytest.raises(KeyError):
        render("{{ splits.nowhere | pct }}", FACTS, source=NAME)
    with pytest.raises(ValueError, match=r"pca\.md has no 46\.2"):
        quoted("pca.md", "46.2")
    with pytest.raises(ValueError, match="not understood"):
        render("{{ splits.official.right }}", FACTS, source=NAME)
    assert quoted("pca.md", "46.1") == "46,1"


def test_figures_are_written_in_french():
    facts = {"n": 12_345.678, "share": 0.98249, "list": [{"day": "2026-11-28"}]}
    assert figure(facts, "n", None, "n1") == "12\u202f345,7"
    assert figure(facts, "n", "1e-3", "n2") == "12,35"
    assert figure(facts, "n", None, "about") == "12\u202f000"
    assert figure(facts, "share", None, "pct") == "98,2"
    assert figure(facts, "list.0.day", None, "day") == "28/11/2026"


def test_spaces_are_set_in_prose_and_left_alone_in_code():
    assert typeset("l'ACP : 98 % ; 10 €") == "l’ACP\u00a0: 98\u202f%\u202f; 10\u00a0€"
    assert typeset("« oui » `a : b` 22 688") == "«\u00a0oui\u00a0» `a : b` 22\u202f688"


def test_the_review_has_no_loose_space_before_its_punctuation():
    prose = re.sub(r"`[^`]*`", "", PAGE_TEXT)
    assert re.findall(r".{0,20} [:;!?%€»].{0,10}", prose) == []
    assert re.findall(r"\d \d{3}\b", prose) == []
    assert "'" not in prose


def test_the_review_names_no_place_of_a_machine():
    kept = (PAGE.parents[1] / "benchmarks" / "results" / NAME).read_text("utf-8")
    for text in (kept, PAGE_TEXT):
        assert re.findall(r"(?:^|[\s\"(])/(?:work|tmp|home|root)\b", text) == []


def test_both_plots_are_there_and_shown():
    shown = re.findall(r"\]\((images/critique-[\w-]+\.svg)\)", PAGE_TEXT)
    assert len(shown) == 2
    for name in shown:
        assert (PAGE.parent / name).read_text("utf-8").count("<path") > 50


def frames_of(videos: int, count: int) -> Frames:
    """Videos of `count` frames, each a circle in a plane of its own; two videos a class."""
    angles = np.arange(count) * 2 * np.pi / count
    vectors = np.zeros((videos * count, 3 * videos), np.float32)
    for video in range(videos):
        rows = slice(video * count, (video + 1) * count)
        vectors[rows, 3 * video] = 3.0
        vectors[rows, 3 * video + 1] = np.cos(angles)
        vectors[rows, 3 * video + 2] = np.sin(angles)
    numbers = np.tile(np.arange(count), videos)
    which = np.repeat(np.arange(videos), count)
    labels = np.array([f"Kind{it // 4} {it // 2}" for it in which])
    names = np.array([f"{it // 2}|{'r' * (it % 2)}" for it in which])
    return Frames(unit(vectors), labels, names, numbers, numbers % 4 == 0, count)


def test_the_angle_between_frames_goes_round_the_turn():
    frames = frames_of(1, 36)
    angles = frames.degrees(np.array([0, 35]), np.array([0, 1, 18, 35]))
    np.testing.assert_allclose(angles, [[0, 10, 180, 10], [10, 20, 170, 0]])


def test_the_turn_is_where_the_views_come_back():
    alike = np.cos(np.arange(330) * 2 * np.pi / 305)
    assert turn_of(alike) == 305


def test_hiding_the_whole_video_leaves_nothing_but_chance_where_only_videos_are_alike():
    frames = frames_of(4, 40)
    assert splits.official(frames)["right"] == 1.0
    assert splits.official(frames)["same_video"] == 1.0
    assert splits.hide(frames, 45)["right"] == 1.0
    assert splits.hide(frames, 181)["right"] < 0.6


def test_the_nearest_known_view_is_told_in_degrees():
    found = splits.official(frames_of(2, 40))
    assert found["degrees_median"] == pytest.approx(9.0)
    assert found["degrees_most"] == pytest.approx(9.0)
    assert splits.longest_run(frames_of(2, 40)) == 1.0


def test_every_shop_folder_that_is_asked_about_has_a_species_of_fruits_360():
    assert species_of("Apple Golden 1") == "Apple"
    assert species_of("Maracuja") == "Passion"
    assert set(FACTS["shops"]["species"]) == set(SPECIES.values())


def test_the_species_said_never_to_be_recognised_are_not():
    species = FACTS["shops"]["species"]
    named = ("Kiwi", "Orange", "Mango", "Pomegranate")
    assert [species[name] for name in named] == [0.0] * 4
    assert FACTS["shops"]["never"] == list(species.values()).count(0.0) >= 4


def test_thresholds_are_where_one_place_overtakes_the_other():
    line, rate = FACTS["thresholds"]["lines"]["local"], FACTS["thresholds"]["rates"]["cautious"]
    for target, images in FACTS["thresholds"]["meet"]["cautious"].items():
        here = [line["start"] + n / line["per_second"] for n in (images - 1, images)]
        there = [seconds_there(target, n, rate) for n in (images - 1, images)]
        assert there[0] >= here[0]
        assert there[1] < here[1]
    assert first(lambda n: n > 41) == 42
    assert first(lambda n: False) is None
    assert seconds_there("ec2", most_within("ec2", 3600)) == pytest.approx(3600, abs=0.1)
    assert plan_of("emr").size.executors * plan_of("emr").size.cores == 12


def test_the_figures_kept_are_json_without_surprises():
    assert json.loads(json.dumps(FACTS)) == FACTS
    assert Path(NAME).suffix == ".json"
