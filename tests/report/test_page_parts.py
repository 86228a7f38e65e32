"""What the page shows is chosen fairly, and found rightly."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

pytest.importorskip("altair", reason="pip install 'fruits[report]'")

from fruits.report.page.album import PER_SHEET, make_album
from fruits.report.page.choice import shares
from fruits.report.page.extremes import ends_of
from fruits.report.page.found import find
from fruits.report.page.keys import Keys
from fruits.report.page.likeness import likeness_of
from fruits.report.page.telling import duration
from fruits.report.results import Results
from fruits.schema import component_names


@pytest.mark.parametrize("most", [0, 1, 7, 20, 500])
def test_every_class_has_its_share_of_photos_as_far_as_it_has_any(most: int):
    labels = np.repeat([0, 1, 2, 3], [2, 100, 50, 1])
    chosen = shares(labels, most)
    assert len(set(chosen.tolist())) == len(chosen) == min(most, len(labels))
    counts = np.bincount(labels[chosen], minlength=4)
    for label, size in enumerate([2, 100, 50, 1]):
        others = counts[counts > counts[label]]
        assert counts[label] == size or not len(others) or others.max() - counts[label] <= 1


def test_the_choice_is_the_same_every_time():
    labels = np.random.default_rng(1).integers(0, 9, 300)
    assert np.array_equal(shares(labels, 50), shares(labels, 50))


def test_the_ends_of_a_component_are_its_outermost_images_one_of_each_class(results: Results):
    keys = Keys.of(results)
    for end in ends_of(results, keys.numbers):
        scores = results.matrix[component_names(end.component)[-1]].to_numpy()
        assert scores[end.low[0]] == scores.min()
        assert scores[end.high[0]] == scores.max()
        assert all(a <= b for a, b in pairwise(scores[end.low]))
        assert len({keys.labels[row] for row in end.low}) == len(end.low) == 6
        assert end.share == results.pca.explained_variance_ratio[end.component - 1]


def test_neighbours_are_those_that_scikit_learn_finds(results: Results):
    keys = Keys.of(results)
    splits = np.array(keys.splits)
    found = likeness_of(results, keys.numbers, splits)
    assert found is not None and found.across
    scores = results.scores(np.arange(results.rows), 7)
    train, test = np.flatnonzero(splits == "training"), np.flatnonzero(splits == "test")
    asked = NearestNeighbors(n_neighbors=5, metric="cosine").fit(scores[train])
    distances, places = asked.kneighbors(scores[test])
    right = np.mean(keys.numbers[train[places[:, 0]]] == keys.numbers[test])
    assert found.agreement == pytest.approx(right)
    for example in found.examples:
        row = test.tolist().index(example.row)
        assert example.cosines == pytest.approx((1 - distances[row]).tolist(), abs=1e-5)


def test_without_splits_an_image_is_not_its_own_neighbour(results: Results):
    keys = Keys.of(results)
    found = likeness_of(results, keys.numbers, np.full(results.rows, ""))
    assert found is not None and not found.across
    assert all(example.row not in example.neighbours for example in found.examples)


def test_the_indispensable_photos_come_first(results: Results):
    found = find(results)
    shown = found.shown()
    first = {found.keys.paths[row] for end in found.ends for row in (*end.low, *end.high)}
    assert set(shown[: len(first)]) == first
    assert len(shown) == len(set(shown)) == 96


def test_an_album_stops_where_it_would_become_heavy():
    rng = np.random.default_rng(0)
    squares = {f"{i}.jpg": rng.integers(0, 255, (64, 64, 3), np.uint8) for i in range(600)}
    whole = make_album(squares, squares, most_bytes=10**9)
    assert [len(whole.cells), len(whole.sheets)] == [600, 3]
    first = len(whole.sheets[0])
    cut = make_album(squares, squares, most_bytes=first + 10)
    assert [len(cut.cells), len(cut.sheets)] == [PER_SHEET, 1]
    assert make_album(squares, squares, most_bytes=1).sheets, "one sheet always"
    assert make_album(["unknown.jpg"], squares, most_bytes=1).cells == {}


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(9.44, "9.4 s"), (59.4, "59.4 s"), (116.1, "1 min 56 s"), (7502, "2 h 5 min")],
)
def test_times_are_said_as_people_say_them(seconds: float, told: str):
    assert duration(seconds, "en").replace("\u00a0", " ") == told
