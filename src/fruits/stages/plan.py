"""Compares what the input holds with what the tables know: what is left is the work."""

from dataclasses import dataclass, field

from fruits.storage.source import ImageRef
from fruits.storage.tables import Stamp


@dataclass
class Plan:
    """The images to featurise: those without a row, and those whose file has changed since."""

    new: list[ImageRef] = field(default_factory=list)
    changed: list[ImageRef] = field(default_factory=list)

    def __len__(self) -> int:
        """Count the images to featurise."""
        return len(self.new) + len(self.changed)

    def add(self, ref: ImageRef, stamp: Stamp | None) -> bool:
        """Take an image in unless its row, if it has one, is up to date; tell whether."""
        if stamp is not None and is_unchanged(ref, stamp):
            return False
        (self.new if stamp is None else self.changed).append(ref)
        return True


def is_unchanged(ref: ImageRef, stamp: Stamp) -> bool:
    """Compare size and, by the storage's best witness, content: etag or CRC, else the time."""
    size, modified, etag = stamp
    same_content = ref.etag == etag if ref.etag else ref.modified == modified
    return ref.size == size and same_content
