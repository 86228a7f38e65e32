"""The facts of an upload, for people and for programs."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from fruits.dataset.cleaned import How
from fruits.images.rejects import Reject


class Sent(NamedTuple):
    """The length and MD5 of the bytes that were uploaded, or lay there already."""

    size: int
    md5: str


NOTHING: Final = Sent(0, "")


@dataclass(frozen=True)
class Done:
    """What became of one image: uploaded (or to be), or skipped; or why it was rejected."""

    path: str
    sent: Sent = NOTHING
    how: How | None = None
    skipped: bool = False
    reject: Reject | None = None


@dataclass
class PutReport:
    """Counts of images, and bytes without metadata; in a dry run, what would have been.

    `uploaded` and `skipped` (it lay there already) are those that are there at the end; how they
    came to be is told by `as_it_was`, `stripped`, `rewritten` (as PNG) and `kept_unreadable` (as it
    is, metadata and all). `rejected` were not uploaded.
    """

    source: str
    target: str
    region: str
    dry_run: bool
    images: int
    uploaded: int = 0
    uploaded_bytes: int = 0
    skipped: int = 0
    skipped_bytes: int = 0
    how: Counter[How] = field(default_factory=Counter)
    rejected: list[tuple[str, Reject]] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, done: Done) -> None:
        """Count one image."""
        if done.reject is not None:
            self.rejected.append((done.path, done.reject))
            return
        assert done.how is not None
        self.how[done.how] += 1
        if done.skipped:
            self.skipped += 1
            self.skipped_bytes += done.sent.size
        else:
            self.uploaded += 1
            self.uploaded_bytes += done.sent.size

    def reasons(self) -> dict[str, int]:
        """Count the rejects by reason."""
        return dict(Counter(reject.reason for _, reject in self.rejected))

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as plain values, rejects sorted by path."""
        facts = {key: value for key, value in vars(self).items() if key not in ("how", "rejected")}
        counts = {
            "as_it_was": self.how["as it was"],
            "stripped": self.how["stripped"],
            "rewritten": self.how["rewritten"],
            "kept_unreadable": self.how["kept unreadable"],
        }
        rows = [
            {"path": path, "reason": reject.reason, "detail": reject.detail}
            for path, reject in sorted(self.rejected, key=lambda row: row[0])
        ]
        return facts | counts | {"reasons": self.reasons(), "rejected": rows}
