import io
import multiprocessing
import zipfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import pytest
from PIL import Image

pytest.importorskip("scipy", reason="needs fruits[training]")
from fruits.images.orchard import draw_fruit
from training import views
from training.photos import draw_orchard_archive, list_photos
from training.settings import DEFAULT, read_settings

SETTINGS = replace(read_settings().views, fruits_360=700, grocery=300, orchard=5, orchard_photos=1)


def archive(path, names):
    with zipfile.ZipFile(path, "w") as file:
        for number, name in enumerate(names):
            species = "Plum" if "Plum" in name else "Lime"
            shown = {"Plum": "Cherry", "Lime": "Lemon"}[species]
            file.writestr(name, draw_fruit(shown, number, size=60))
    return path


@pytest.fixture(scope="module")
def pool():
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        yield pool


@pytest.fixture(scope="module")
def photos(tmp_path_factory, pool):
    folder = tmp_path_factory.mktemp("photos")
    studio = [f"f/{split}/Plum/{n}.jpg" for split in ("Training", "Test") for n in range(4)]
    shop = [f"g/train/Fruit/{label}/{n}.jpg" for label in ("Plum", "Lime") for n in range(5)]
    return list_photos(
        archive(folder / "studio.zip", studio),
        archive(folder / "shop.zip", shop),
        draw_orchard_archive(folder / "orchard.zip", SETTINGS, pool),
    )


def test_neither_the_test_split_nor_the_held_out_photos_are_listed(photos):
    paths = {photo.path for found in photos.values() for photo in found}
    assert not any("Test" in path for path in paths)
    assert "g/train/Fruit/Lime/4.jpg" not in paths
    assert "g/train/Fruit/Lime/3.jpg" in paths


def test_an_archive_without_training_photos_is_refused(photos, tmp_path):
    empty = archive(tmp_path / "empty.zip", ["f/Test/Plum/1.jpg"])
    shop = photos["grocery"][0].archive
    with pytest.raises(ValueError, match="holds no photo of fruits-360"):
        list_photos(empty, shop, shop)


def test_every_photo_of_a_source_is_used_as_often_as_the_others(photos):
    planned = views.plan(photos, SETTINGS)
    assert [view.number for view in planned] == list(range(1005))
    assert len({view.path for view in planned}) == 1005
    uses = [sum(view.photo == photo for view in planned) for photo in photos["grocery"]]
    assert set(uses) <= {300 // len(uses), 300 // len(uses) + 1}


def test_a_view_is_the_same_picture_whenever_it_is_drawn(photos):
    planned = views.plan(photos, SETTINGS)
    for view in (planned[0], planned[7], planned[750], planned[1001]):
        once, again = (views.draw_view(view, grocery=photos["grocery"], seed=1) for _ in range(2))
        assert once == again
        with Image.open(io.BytesIO(once)) as image:
            assert image.format == "JPEG"
    other = views.draw_view(planned[750], grocery=photos["grocery"], seed=2)
    assert other != views.draw_view(planned[750], grocery=photos["grocery"], seed=1)


def test_views_that_are_there_are_not_drawn_again_and_those_missing_are(photos, tmp_path, pool):
    folder = tmp_path / "views"
    planned = views.plan(photos, SETTINGS)

    def draw():
        return list(views.draw_views(folder, planned, grocery=photos["grocery"], seed=1, pool=pool))

    assert draw() == [500, 1000, 1005]
    assert len((tmp_path / "views.csv").read_text().splitlines()) == 1006
    kept, lost = folder / planned[0].path, folder / planned[600].path
    drawn = lost.read_bytes()
    kept.write_bytes(b"kept")
    lost.parent.rename(folder / "0001.part")  # as a killed process leaves it
    assert draw()[-1] == 1005
    assert kept.read_bytes() == b"kept"
    assert lost.read_bytes() == drawn


def test_a_setting_that_is_missing_or_unknown_is_named(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text(DEFAULT.read_text().replace("whitening", "whitning"))
    with pytest.raises(ValueError, match=r"\[distillation\]: whitening, whitning"):
        read_settings(file)
