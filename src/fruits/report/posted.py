"""How far a run is, as a small file in its output: for whoever waits where the driver is not."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from fruits.storage.output import Output

FOLDER: Final = "_fruits/progress"
NOTES_KEPT: Final = 20


@dataclass
class Posted:
    """What a driver on a cluster tells every few seconds, and once at its end.

    `submission` is who waits for it; `notes` are the last of `noted` ones. `exit_code` is None
    while the run goes on; `message` is why it failed. `updated` is the driver's clock, UTC.
    """

    submission: str
    run_id: str = ""
    stage: str = ""
    detail: str = ""
    done: int = 0
    total: int = 0
    images_per_second: float = 0.0
    notes: list[str] = field(default_factory=list)
    noted: int = 0
    updated: str = ""
    exit_code: int | None = None
    message: str = ""

    def add_note(self, message: str) -> None:
        """Keep a note, and let the oldest one go."""
        self.notes = [*self.notes, message][-NOTES_KEPT:]
        self.noted += 1

    def notes_after(self, count: int) -> list[str]:
        """Return the notes that came after the first `count`, as far as they are still here."""
        return self.notes[-(self.noted - count) :] if self.noted > count else []

    def pack(self) -> bytes:
        """Write the file's content, dated now."""
        self.updated = datetime.now(UTC).isoformat(timespec="milliseconds")
        return json.dumps(asdict(self)).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> "Posted":
        """Read what `pack` wrote; a key that a newer fruits has added is passed over.

        Raises ValueError for anything else.
        """
        found: Any = json.loads(packed)
        if not isinstance(found, dict) or "submission" not in found:
            raise ValueError("this is nothing that a driver has posted")
        known = cls.__dataclass_fields__
        return cls(**{key: value for key, value in found.items() if key in known})


def read_posted(output: Output, submission: str) -> Posted | None:
    """Read what the driver of a submission posted last; None where there is nothing to be read."""
    with suppress(OSError, ValueError):
        content = output.read(posted_name(submission))
        return Posted.unpack(content) if content else None
    return None


def posted_name(submission: str) -> str:
    """Name the file of a submission under the output."""
    return f"{FOLDER}/{submission}.json"
