"""Compares what the input holds with what the tables know: what is left is the work."""

from dataclasses import dataclass, field

from fruits.choices import Split
from fruits.stages.progress import Progress
from fruits.stages.tables import Tables
from fruits.storage.source import ImageRef, Source
from fruits.storage.tables import Stamp


@dataclass
class Plan:
    """The images of this run: those without a row, those whose file changed, those left alone.

    `vanished` are the paths that have a row and are not in the input any more.
    """

    new: list[ImageRef] = field(default_factory=list)
    changed: list[ImageRef] = field(default_factory=list)
    skipped: int = 0
    vanished: list[str] = field(default_factory=list)

    @property
    def todo(self) -> int:
        """Count the images to featurise."""
        return len(self.new) + len(self.changed)

    @property
    def listed(self) -> int:
        """Count all the images."""
        return self.todo + self.skipped

    def add(self, ref: ImageRef, known: dict[str, Stamp]) -> None:
        """Sort one image into new, changed or skipped, and take it out of `known`."""
        stamp = known.pop(ref.path, None)
        if stamp is None:
            self.new.append(ref)
        elif is_unchanged(ref, stamp):
            self.skipped += 1
        else:
            self.changed.append(ref)


def plan_work(
    source: Source, tables: Tables, *, model: str, split: Split | None, progress: Progress
) -> Plan:
    """List the input page by page and drop what `model` has already featurised or rejected."""
    known = tables.known(model, split=split)
    plan = Plan()
    for page in source.pages(split=split):
        for ref in page:
            plan.add(ref, known)
        progress.advance(plan.listed, plan.listed)
    plan.vanished = sorted(known)
    return plan


def is_unchanged(ref: ImageRef, stamp: Stamp) -> bool:
    """Compare size and, by the storage's best witness, content: etag or CRC, else the time."""
    size, modified, etag = stamp
    same_content = ref.etag == etag if ref.etag else ref.modified == modified
    return ref.size == size and same_content
