import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fruits import pipeline
from fruits.config import Config
from fruits.errors import InputError
from fruits.stages import dispatch, intake
from fruits.stages.listing import Listing
from fruits.storage.folder import FolderSource
from fruits.storage.source import ImageRef

from photos import write_photos
from tables import matrix

PAGE = 10


def refs(start: int, stop: int) -> list[ImageRef]:
    return [ImageRef(f"{number:03d}.jpg", 100, 1, "") for number in range(start, stop)]


class Pages:
    """A source whose second page comes when `go_on` is set, and then perhaps an error."""

    def __init__(self, *, error: Exception | None = None) -> None:
        self.go_on, self.error = threading.Event(), error

    def pages(self, *, split: str | None = None) -> Iterator[list[ImageRef]]:
        yield refs(0, PAGE)
        assert self.go_on.wait(20)
        if self.error:
            raise self.error
        yield refs(PAGE, 2 * PAGE)


def nothing() -> None:
    """Watch without a word."""


def test_what_is_listed_can_be_taken_while_the_listing_goes_on():
    source = Pages()
    with Listing(source, {}, split=None) as listing:
        plans = listing.plans(least=PAGE, watch=nothing)
        assert next(plans).new == refs(0, PAGE)
        assert not listing.ended
        source.go_on.set()
        assert next(plans).new == refs(PAGE, 2 * PAGE)
        assert list(plans) == []
        assert (listing.listed, listing.todo, listing.ended) == (2 * PAGE, 2 * PAGE, True)


def test_a_plan_waits_for_enough_images_unless_there_are_no_more():
    source = Pages()
    source.go_on.set()
    with Listing(source, {}, split=None) as listing:
        assert [len(plan) for plan in listing.plans(least=15, watch=nothing)] == [20]
    with Listing(source, {}, split=None) as listing:
        assert [len(plan) for plan in listing.plans(least=99, watch=nothing)] == [20]


def test_an_error_of_the_listing_comes_out_where_the_work_is_taken():
    source = Pages(error=InputError("cannot list"))
    with Listing(source, {}, split=None) as listing:
        plans = listing.plans(least=1, watch=nothing)
        assert len(next(plans)) == PAGE
        source.go_on.set()
        with pytest.raises(InputError, match="cannot list"):
            next(plans)


def test_known_images_are_skipped_changed_ones_done_again_and_vanished_ones_named():
    same, other = (100, 1, ""), (100, 2, "")
    known = {"000.jpg": same, "001.jpg": other, "gone.jpg": same}
    source = Pages()
    source.go_on.set()
    with Listing(source, known, split=None) as listing:
        (plan,) = listing.plans(least=99, watch=nothing)
        assert [ref.path for ref in plan.changed] == ["001.jpg"]
        assert (len(plan.new), listing.skipped, listing.vanished) == (18, 1, ["gone.jpg"])


def test_work_starts_before_the_listing_ends(tmp_path: Path, tiny_onnx, monkeypatch):
    """The second half of the listing comes only when a unit of the first half is done."""
    photos = write_photos(tmp_path / "photos", 60, broken=False)
    output = tmp_path / "out"
    receipts_before_the_end = []

    def slow(self: FolderSource, *, split: str | None = None) -> Iterator[list[ImageRef]]:
        listed = [ref for page in pages(self, split=split) for ref in page]
        yield listed[:30]
        for _ in range(600):
            if found := list(output.glob("_fruits/receipts/*/*.json")):
                receipts_before_the_end.extend(found)
                break
            threading.Event().wait(0.1)
        yield listed[30:]

    pages = FolderSource.pages
    monkeypatch.setattr(FolderSource, "pages", slow)
    monkeypatch.setattr(intake, "ENOUGH_TO_BEGIN", 20)
    monkeypatch.setattr(dispatch, "WAVE_IMAGES", 1)
    config = Config(
        input=str(photos), output=str(output), model=str(tiny_onnx), components=3, runner="local"
    )
    report = pipeline.run(config)
    assert receipts_before_the_end
    assert (report.images.listed, report.images.featurised, report.matrix_rows) == (60, 60, 60)
    assert len(set(matrix(output)[0])) == 60


def test_what_was_done_before_the_listing_failed_is_kept(tmp_path: Path, tiny_onnx, monkeypatch):
    photos = write_photos(tmp_path / "photos", 60, broken=False)
    config = Config(
        input=str(photos), output=str(tmp_path / "out"), model=str(tiny_onnx), runner="local"
    )

    def broken(self: FolderSource, *, split: str | None = None) -> Iterator[list[ImageRef]]:
        (page,) = pages(self, split=split)
        yield page[:30]
        for _ in range(600):
            if list((tmp_path / "out").glob("_fruits/receipts/*/*.json")):
                break
            threading.Event().wait(0.1)
        raise InputError("the listing broke off")

    pages = FolderSource.pages
    with monkeypatch.context() as patch:
        patch.setattr(FolderSource, "pages", broken)
        patch.setattr(intake, "ENOUGH_TO_BEGIN", 20)
        patch.setattr(dispatch, "WAVE_IMAGES", 1)
        with pytest.raises(InputError, match="broke off"):
            pipeline.features(config)
    report = pipeline.features(config)
    assert (report.images.skipped, report.images.featurised) == (30, 30)
