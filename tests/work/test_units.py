"""How images are cut into work units."""

import pytest

from fruits.storage.source import ImageRef
from fruits.work.units import MAX_BYTES, MAX_IMAGES, MIN_IMAGES, Unit, cut_packs, cut_units


def refs(count: int, *, size: int = 5_000) -> list[ImageRef]:
    return [ImageRef(f"Test/Pêche #2/{i:06d}%20.jpg", size, i, "") for i in range(count)]


@pytest.mark.parametrize("count", [0, 1, 7, 50, 999, 26_837])
@pytest.mark.parametrize("slots", [1, 2, 16, 200])
def test_every_image_is_in_one_unit_and_in_order(count: int, slots: int):
    images = refs(count)
    units = cut_units(images, slots=slots)
    assert [ref for unit in units for ref in unit.refs] == images
    assert all(0 < len(unit.refs) <= MAX_IMAGES for unit in units)
    assert len({unit.name for unit in units}) == len(units)


def test_fifty_images_do_not_make_hundreds_of_tasks():
    assert 2 <= len(cut_units(refs(50), slots=2)) <= 50 // MIN_IMAGES + 1


def test_a_hundred_thousand_images_keep_many_slots_busy_to_the_end():
    units = cut_units(refs(100_000), slots=16)
    assert len(units) >= 10 * 16
    assert max(len(unit.refs) for unit in units[-16:]) <= 4 * MIN_IMAGES


def test_large_photos_make_units_of_bounded_bytes():
    units = cut_units(refs(100, size=6_000_000), slots=1)
    assert all(sum(ref.size for ref in unit.refs) <= MAX_BYTES for unit in units)


def test_one_photo_larger_than_the_bound_travels_alone():
    units = cut_units(refs(3, size=2 * MAX_BYTES), slots=1)
    assert [len(unit.refs) for unit in units] == [1, 1, 1]


def test_a_unit_survives_its_way_to_the_worker():
    unit = Unit("000007", (*refs(2), ImageRef("a.jpg", 1, None, "crc32:1", 5, 6, 8)), replaces=True)
    assert Unit.unpack(unit.pack()) == unit


def test_a_packed_unit_is_small():
    assert len(cut_units(refs(MAX_IMAGES * 9), slots=1)[0].pack()) < 20 * MAX_IMAGES


def test_packs_are_cut_by_bytes_one_per_slot_up_to_128_megabytes():
    images = refs(1000, size=1_000_000)
    units = cut_packs(images, slots=2)
    assert [ref for unit in units for ref in unit.refs] == images
    sizes = [sum(ref.size for ref in unit.refs) for unit in units]
    assert all(size == pytest.approx(128 * 2**20, rel=0.01) for size in sizes[:-1])
    few = cut_packs(images[:40], slots=2)
    assert [len(unit.refs) for unit in few] == [20, 20]
    tiny = cut_packs(images[:3], slots=8)
    assert [len(unit.refs) for unit in tiny] == [3]
    later = cut_packs(images[:40], slots=2, first=5)
    assert [unit.name for unit in later] == ["000005", "000006"]
    assert cut_packs([], slots=2) == []
