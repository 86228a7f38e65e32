import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from benchmarks.networks import QUERIES, nearest, table


def test_the_nearest_label_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    known, labels = rng.normal(size=(200, 16)).astype(np.float32), np.arange(200).astype(str)
    queries = rng.normal(size=(QUERIES + 5, 16)).astype(np.float32)
    expected = KNeighborsClassifier(1, metric="cosine").fit(known, labels).predict(queries)
    np.testing.assert_array_equal(nearest(known, labels, queries), expected)


def test_a_vectors_length_does_not_matter():
    known = np.array([[1, 0], [0, 100]], np.float32)
    found = nearest(known, np.array(["lime", "plum"]), np.array([[5, 4]], np.float32))
    assert found.tolist() == ["lime"]


def test_the_table_gives_the_gap_in_points_and_the_speed_as_a_ratio():
    def figures(accuracy):
        return {"known": 800, "queries": 200, "accuracy": accuracy}

    text = table(
        {
            "photos": {"shop": {"mobilenet_v2": figures(0.95), "fruitnet": figures(0.9)}},
            "speed": {"onnx": {"mobilenet_v2": 100.0, "fruitnet": 950.0, "ratio": 9.5}},
        }
    )
    assert "| 95.00% | 90.00% | -5.00 points |" in text
    assert "| 100 | 950 | 9.5× |" in text
