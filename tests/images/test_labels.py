"""What a path says about the fruit and its split."""

import pytest

from fruits.images.labels import label_of, split_of


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("Training/Apple Braeburn/0_100.jpg", "Apple Braeburn"),
        ("grocery/train/Fruit/Apple/Golden-Delicious/1.jpg", "Golden-Delicious"),
        ("a.jpg", ""),
        ("Açaí/x.jpg", "Açaí"),
        ("Apple%20Red/x.jpg", "Apple%20Red"),
        ("Apple #1?/x.jpg", "Apple #1?"),
        ("  Kiwi /x.jpg", "  Kiwi "),
        ("梨/x y.jpg", "梨"),
        ("Training/x.jpg", "Training"),
    ],
)
def test_the_label_is_the_parent_folder_as_the_storage_spells_it(path, label):
    assert label_of(path) == label


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("Training/Apple/1.jpg", "training"),
        ("TRAIN/Apple/1.jpg", "training"),
        ("fruits-360/Test/Apple/1.jpg", "test"),
        ("x/val/Fruit/Apple/1.jpg", "validation"),
        ("Validation/1.jpg", "validation"),
        ("train/test/Apple/1.jpg", "test"),
        ("test/train/Apple/1.jpg", "training"),
        ("Apple/1.jpg", ""),
        ("train.jpg", ""),
        ("test", ""),
        ("training-set/Apple/1.jpg", ""),
        ("Apple/test.jpg", ""),
        ("tests/Apple/1.jpg", ""),
    ],
)
def test_the_split_is_the_nearest_ancestor_that_names_one(path, split):
    assert split_of(path) == split
