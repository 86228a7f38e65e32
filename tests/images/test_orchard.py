"""The sample orchard: pictures drawn by code that behave like a real data set."""

import io

import numpy as np
import pytest
from PIL import Image

from fruits.images.formats import is_image_path
from fruits.images.labels import label_of, split_of
from fruits.images.orchard import draw_fruit, draw_orchard
from fruits.images.prepare import Prepared, Reject, prepare
from fruits.images.species import SPECIES

SIZE = 64


@pytest.fixture(scope="module")
def orchard(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orchard")
    return folder, draw_orchard(folder, images_per_class=4, size=SIZE, seed=3)


def outcomes(paths):
    return {path: prepare(path.read_bytes(), size=(SIZE, SIZE)) for path in paths}


def test_the_orchard_has_a_dozen_species_in_both_splits(orchard):
    folder, paths = orchard
    names = [path.relative_to(folder).as_posix() for path in paths]
    assert len(SPECIES) == 12
    assert len(names) == len(set(names)) == 12 * 4 + 3
    assert all(is_image_path(name) for name in names)
    for split, count in (("training", 3), ("test", 1)):
        labels = [label_of(name) for name in names if split_of(name) == split]
        whole = [label for label in labels if label in SPECIES]
        assert set(whole) == set(SPECIES)
        assert len(whole) == 12 * count + (3 if split == "training" else 0)


def test_every_file_listed_is_written_and_no_other(orchard):
    folder, paths = orchard
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == sorted(paths)


def test_every_picture_is_readable_and_every_broken_file_has_its_reason(orchard):
    _, paths = orchard
    found = outcomes(paths)
    pictures = [outcome for outcome in found.values() if isinstance(outcome, Prepared)]
    rejects = [outcome for outcome in found.values() if isinstance(outcome, Reject)]
    assert len(pictures) == 12 * 4
    assert {(picture.width, picture.height) for picture in pictures} == {(SIZE, SIZE)}
    assert [reject.reason for reject in rejects] == ["truncated", "empty", "not-an-image"]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones(orchard, tmp_path):
    folder, paths = orchard
    again = draw_orchard(tmp_path, images_per_class=4, size=SIZE, seed=3)
    assert [path.relative_to(tmp_path) for path in again] == [
        path.relative_to(folder) for path in paths
    ]
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]
    assert draw_fruit("Kiwi", 1, size=SIZE, seed=4) != draw_fruit("Kiwi", 1, size=SIZE, seed=3)


def test_a_picture_depends_on_its_own_number_only(orchard):
    folder, _ = orchard
    alone = draw_fruit("Pear", 2, size=SIZE, seed=3)
    assert (folder / "Training" / "Pear" / "pear_0002.jpg").read_bytes() == alone


def test_no_two_pictures_are_alike(orchard):
    _, paths = orchard
    contents = [path.read_bytes() for path in paths if "broken" not in path.name]
    assert len(set(contents)) == len(contents)


def test_the_broken_files_can_be_many_or_none(tmp_path):
    assert len(draw_orchard(tmp_path / "none", images_per_class=0, size=16, broken=0)) == 0
    broken = draw_orchard(tmp_path / "many", images_per_class=0, size=16, broken=7)
    assert len(broken) == len(set(broken)) == 7
    assert all(isinstance(outcome, Reject) for outcome in outcomes(broken).values())


def centre_colour(content):
    pixels = np.asarray(Image.open(io.BytesIO(content)).resize((12, 12), Image.Resampling.BOX))
    return pixels[3:9, 3:9].reshape(-1).astype(float)


def test_species_can_be_told_apart_by_their_colours_alone():
    """A 1-nearest-neighbour on 6x6 thumbnails must beat chance (8 %) by far."""
    known = [
        (species, centre_colour(draw_fruit(species, number, size=48)))
        for species in SPECIES
        for number in range(1, 9)
    ]
    hits = 0
    for index, (species, thumbnail) in enumerate(known):
        others = known[:index] + known[index + 1 :]
        nearest = min(others, key=lambda other: float(np.linalg.norm(other[1] - thumbnail)))
        hits += nearest[0] == species
    assert hits / len(known) > 0.7
