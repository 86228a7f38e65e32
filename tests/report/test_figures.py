"""Figures show the numbers of the run, in both languages, as pictures that open."""

import io
import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from fruits.report.results import Results

pytest.importorskip("altair", reason="pip install 'fruits[report]'")

from fruits.report import figures

NAMES = ["classes", "map_of", "scree", "stages", "variance", "work"]


def values(chart) -> list[dict]:
    spec = chart.to_dict()
    return spec["data"]["values"] if "values" in spec.get("data", {}) else spec


def test_the_scree_has_the_shares_of_all_components(results: Results):
    shares = [row["share"] for row in values(figures.scree(results))]
    assert shares == pytest.approx(results.pca.all_ratios[:40].tolist())


def test_the_curve_ends_where_the_shares_add_up_and_marks_what_is_needed(results: Results):
    layers = figures.variance(results).to_dict()["layer"]
    curve, marks = layers[0]["data"]["values"], layers[1]["data"]["values"]
    assert curve[-1]["share"] == pytest.approx(1.0)
    needed = results.facts.pca.needed
    assert [row["components"] for row in marks][:3] == [needed[f"{n}%"] for n in (80, 90, 95)]
    together = np.cumsum(results.pca.all_ratios)
    for row in marks:
        assert row["share"] == pytest.approx(together[row["components"] - 1])
    assert marks[3]["name"] == "kept: 7"


def test_bars_count_the_images_of_each_class_and_split(results: Results):
    rows = values(figures.classes(results))
    counted = Counter(
        zip(results.matrix["label"].to_pylist(), results.matrix["split"].to_pylist(), strict=True)
    )
    assert {(row["label"], row["split"]): row["images"] for row in rows} == counted


def test_of_very_many_classes_the_largest_are_drawn_and_the_title_says_so(
    results: Results, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("fruits.report.figures.counts.SHOWN", 5)
    chart = figures.classes(results).to_dict()
    assert len({row["label"] for row in chart["data"]["values"]}) == 5
    assert chart["title"] == "Images per class: the 5 largest of 12 classes"


def test_the_map_has_a_point_for_each_image_where_its_components_say(results: Results):
    rows = values(figures.map_of(results))
    assert [row["x"] for row in rows] == pytest.approx(
        results.matrix["pc_0001"].to_pylist(), abs=1e-3
    )
    assert [row["y"] for row in rows] == pytest.approx(
        results.matrix["pc_0002"].to_pylist(), abs=1e-3
    )
    assert [row["class"] for row in rows] == results.matrix["label"].to_pylist()


def test_a_map_of_a_share_of_the_images_says_so(results: Results):
    chart = figures.map_of(results, most=10, language="fr").to_dict()
    assert len(chart["data"]["values"]) == 10
    assert chart["title"].startswith("10 des 96 images")


def test_stages_are_the_seconds_of_the_report_in_their_order(results: Results):
    rows = values(figures.stages(results))
    assert [row["stage"] for row in rows] == ["start", "list", "features", "PCA", "matrix"]
    seconds = results.facts.seconds
    assert [row["seconds"] for row in rows] == [
        seconds[name] for name in ("start", "list", "features", "reduce", "publish")
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_figure_becomes_a_png_and_an_svg(results: Results, name: str, language: str):
    chart = getattr(figures, name)(results, language=language)
    picture = Image.open(io.BytesIO(figures.png(chart, language=language)))
    pixels = np.asarray(picture.convert("RGB"))
    assert picture.width > 500
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 20, "something is drawn"
    assert figures.svg(chart, language=language).startswith("<svg")


def test_no_english_word_is_left_in_french_figures(results: Results):
    for name in NAMES:
        texts = json.dumps(getattr(figures, name)(results, language="fr").to_dict())
        for word in (
            "Variance that",
            "Images per",
            "share of",
            "Where the",
            '"training"',
            '"network"',
        ):
            assert word not in texts, (name, word)
