"""Compares what the input holds with what the tables know: what is left is the work."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fruits.choices import Split
from fruits.stages.progress import Progress
from fruits.stages.tables import Tables
from fruits.storage.source import ImageRef, Source
from fruits.storage.tables import Stamp


@dataclass
class Plan:
    """The images of this run: those without a row, those whose file changed, those left alone."""

    new: list[ImageRef] = field(default_factory=list)
    changed: list[ImageRef] = field(default_factory=list)
    skipped: int = 0

    @property
    def todo(self) -> int:
        """Count the images to featurise."""
        return len(self.new) + len(self.changed)

    @property
    def listed(self) -> int:
        """Count all the images."""
        return self.todo + self.skipped

    def add(self, ref: ImageRef, known: Mapping[str, Stamp]) -> None:
        """Sort one image into new, changed or skipped."""
        stamp = known.get(ref.path)
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
    known = tables.features.known(model) | tables.rejected.known(model)
    plan = Plan()
    for page in source.pages(split=split):
        for ref in page:
            plan.add(ref, known)
        progress.advance(plan.listed, plan.listed)
    return plan


def is_unchanged(ref: ImageRef, stamp: Stamp) -> bool:
    """Compare size and, by the storage's best witness, content: etag or CRC, else the time."""
    size, modified, etag = stamp
    same_content = ref.etag == etag if ref.etag else ref.modified == modified
    return ref.size == size and same_content
