"""A file that is being downloaded: its bytes so far, and what they are the beginning of."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from fruits.dataset.answer import Answer
from fruits.errors import InputError, OutputBusy

_PIECE_BYTES: Final = 256 * 1024


class Partial:
    """`<target>.part`, and `<target>.part.json` with its URL, validator and length.

    The note is written after the old bytes have gone and before new ones come: whenever we die,
    the bytes are the beginning of what the note names.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.file = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")

    @property
    def size(self) -> int:
        """How many bytes are here."""
        return self.file.stat().st_size if self.file.exists() else 0

    def note(self) -> dict[str, Any]:
        """Return what the bytes are of: `url`, `validator` and `total`; empty if unknown."""
        try:
            found = json.loads(self._note.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) and self.size else {}

    def validator(self, url: str) -> str:
        """Return what identifies the file at `url` that these bytes begin; "" if nothing does."""
        note = self.note()
        return str(note.get("validator") or "") if note.get("url") == url else ""

    def restart(self, url: str, answer: Answer) -> None:
        """Forget the bytes, and note what the new ones will be of."""
        note = {"url": url, "validator": answer.validator, "total": answer.total}
        fresh = self._note.with_name(f".{self._note.name}.tmp")
        with self._writing():
            self.file.write_bytes(b"")
            fresh.write_text(json.dumps(note, indent=1), "utf-8")
            fresh.replace(self._note)

    def append(self, read: Callable[[int], bytes], told: Callable[[int], None]) -> None:
        """Take bytes until `read` gives none, and tell after each piece how many are here."""
        with self._writing(), self.file.open("ab") as file:
            while piece := read(_PIECE_BYTES):
                file.write(piece)
                told(file.tell())
            file.flush()
            os.fsync(file.fileno())

    def finish(self) -> None:
        """Give the file its name."""
        self.file.replace(self.target)
        self._note.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove the bytes and their note."""
        self.file.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other downloads out of this folder; OutputBusy if there is one already."""
        folder = os.open(self.target.parent, os.O_RDONLY)
        try:
            if not _lock(folder):
                raise OutputBusy(f"another fruits is downloading to {self.target.parent}: wait")
            yield
        finally:
            os.close(folder)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise InputError(
                f"cannot write {self.file}: {exc.strerror or exc}; the bytes so far are kept: make "
                "room or choose another --output, and run the same command to go on"
            ) from exc


def _lock(folder: int) -> bool:
    """Hold the folder until it is closed, or until we die; not on Windows, which has no flock."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network disks have no locks
        return True
    return True
