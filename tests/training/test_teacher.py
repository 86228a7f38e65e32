"""Views and the teacher's answers → what the student learns from."""

import csv
import json

import numpy as np
import pytest
from sklearn.decomposition import PCA

pytest.importorskip("scipy", reason="needs fruits[training]")
from dataclasses import replace

from fruits import Config
from fruits.images.orchard import draw_fruit
from fruits.images.prepare import prepare
from fruits.pipeline import features
from training.settings import claim, read_settings
from training.teacher import write_lessons

from tables import feature_rows

DEFAULTS = read_settings()
SETTINGS = replace(DEFAULTS, student=replace(DEFAULTS.student, side=32, dim=4))


@pytest.fixture
def work(tmp_path, tiny_onnx):
    """Twelve views, listed in another order than their names have, and a tiny teacher's answers."""
    rows = []
    for number in reversed(range(12)):
        source = "grocery" if number % 2 else "orchard"
        path = tmp_path / "views" / "0000" / f"{number:06d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(draw_fruit("Lemon", number, size=48))
        rows.append((f"0000/{number:06d}.jpg", source, "Lemon", "a.jpg"))
    with (tmp_path / "views.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("view", "source", "label", "photo"), *rows])
    settings = {"input": str(tmp_path / "views"), "output": str(tmp_path / "teacher")}
    features(Config(**settings, model=str(tiny_onnx), runner="local"))
    return tmp_path


def test_lessons_hold_the_teachers_whitened_components_in_the_order_of_the_table(work):
    write_lessons(work / "views", work / "teacher", work / "lessons", SETTINGS)
    answers = {row["path"]: row["features"] for row in feature_rows(work / "teacher")}
    with (work / "views.csv").open() as file:
        listed = [row["view"] for row in csv.DictReader(file)]
    x = np.array([answers[path] for path in listed], np.float64)
    theirs = PCA(4, svd_solver="full").fit(x)
    expected = theirs.transform(x) / theirs.explained_variance_**0.125
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(np.load(work / "lessons/targets.npy"), expected, atol=1e-4)
    shown = [prepare((work / "views" / path).read_bytes(), size=(32, 32)) for path in listed]
    np.testing.assert_array_equal(
        np.load(work / "lessons/pixels.npy"), [image.pixels for image in shown]
    )


def test_a_label_of_two_sources_is_two_classes(work):
    write_lessons(work / "views", work / "teacher", work / "lessons", SETTINGS)
    named = json.loads((work / "lessons/classes.json").read_text())
    assert named == [["grocery", "Lemon"], ["orchard", "Lemon"]]
    assert np.load(work / "lessons/classes.npy").tolist() == [0, 1] * 6


def test_a_view_without_an_answer_is_named(work):
    with (work / "views.csv").open("a") as file:
        file.write("0000/000099.jpg,grocery,Lemon,a.jpg\n")
    with pytest.raises(ValueError, match=r"1 views have no features, the first is 0000/000099"):
        write_lessons(work / "views", work / "teacher", work / "lessons", SETTINGS)
    assert not (work / "lessons").exists()


def test_a_work_folder_belongs_to_its_settings(tmp_path):
    claim(tmp_path, SETTINGS)
    claim(tmp_path, SETTINGS)
    with pytest.raises(ValueError, match="begun with other settings: give another --work"):
        claim(tmp_path, DEFAULTS)
