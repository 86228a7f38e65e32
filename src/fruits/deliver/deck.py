"""The slides of a defence: how many are shown, and how long their notes say it takes."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

from fruits.deliver.finding import Finding, enumerated, missing, ok, wrong
from fruits.deliver.pdf import count_pages
from fruits.errors import ConfigError

DECK: Final = "slides"
DURATION: Final = "slides' duration"
PDF: Final = "slides as PDF"

SHORTEST: Final = 15 * 60
LONGEST: Final = 25 * 60

_LINE: Final = re.compile(r"\s*durée\s*:\s*(.*?)\s*", re.IGNORECASE)
_TIME: Final = re.compile(r"(?:(\d+)\s*min)?\s*(?:(\d+)\s*(?:s|sec)?)?\.?", re.IGNORECASE)

_HOW: Final = 'write lines such as "Durée : 1 min 10" into the notes'


@dataclass(frozen=True)
class Slide:
    """A slide that is shown: its number, and the seconds of its notes (None: they tell none).

    `unread` is a line of the notes that should be a duration and is none.
    """

    number: int
    seconds: int | None
    unread: str = ""


def require_pptx() -> None:
    """Raise ConfigError, with the remedy, where the library that reads slides is not there."""
    try:
        import pptx  # noqa: F401
    except ImportError as exc:
        raise ConfigError(
            f"slides are read with python-pptx: pip install 'fruits[presentation]' ({exc})"
        ) from exc


def check_slides(path: Path) -> list[Finding]:
    """Return what is to be said of a .pptx and of the PDF of the same name beside it."""
    if not path.is_file():
        gone = missing(DECK, f"no {path}", "give --presentation FILE.pptx")
        return [gone, _check_pdf(path.with_suffix(".pdf"), slides=None)]
    try:
        slides = read_slides(path)
    except (ValueError, KeyError, OSError, BadZipFile) as exc:
        broken = f"{path.name} cannot be read: {exc}"
        return [wrong(DECK, broken, "save it again as .pptx"),
                _check_pdf(path.with_suffix(".pdf"), slides=None)]  # fmt: skip
    return [
        ok(DECK, f"{path.name}: {len(slides)} slides shown"),
        _check_duration(slides),
        _check_pdf(path.with_suffix(".pdf"), slides=len(slides)),
    ]


def read_slides(path: Path) -> list[Slide]:
    """Read the slides that are shown; a hidden one takes no time, and no page of the PDF.

    Raises ValueError, KeyError, OSError or BadZipFile for what is no presentation.
    """
    from pptx import Presentation
    from pptx.exc import PythonPptxError

    try:
        slides = Presentation(str(path)).slides
    except PythonPptxError as exc:
        raise ValueError(str(exc)) from exc
    shown = (slide for slide in slides if slide.element.get("show") != "0")
    return [_slide(number, slide) for number, slide in enumerate(shown, 1)]


def _slide(number: int, slide: Any) -> Slide:  # noqa: ANN401
    frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    seconds = None
    for line in unicodedata.normalize("NFC", frame.text if frame else "").splitlines():
        if told := _LINE.fullmatch(line):
            length = parse_duration(told[1])
            if length is None:
                return Slide(number, None, line.strip())
            seconds = (seconds or 0) + length
    return Slide(number, seconds)


def parse_duration(text: str) -> int | None:
    """Return the seconds of "2 min", "1 min 10", "1 min 10 s" or "45 s"; None for anything else."""
    found = _TIME.fullmatch(text)
    if found is None or found[1] is found[2] is None:
        return None
    if found[1] is None and not text.rstrip(". ").lower().endswith(("s", "sec")):
        return None  # a bare number might be anything
    return 60 * int(found[1] or 0) + int(found[2] or 0)


def _check_duration(slides: Sequence[Slide]) -> Finding:
    if unread := [slide for slide in slides if slide.unread]:
        found = f"slide {unread[0].number}: {unread[0].unread!r} is no duration"
        return wrong(DURATION, found, _HOW)
    if not any(slide.seconds for slide in slides):
        return wrong(DURATION, "the notes tell no duration", _HOW)
    total = sum(slide.seconds or 0 for slide in slides)
    found = _minutes(total)
    if silent := [slide.number for slide in slides if slide.seconds is None]:
        found += f", without slides {enumerated(silent)}, whose notes tell none"
    if not SHORTEST <= total <= LONGEST:
        found += f": not between {SHORTEST // 60} and {LONGEST // 60} min"
        return wrong(DURATION, found, "cut or add slides, or correct the times in the notes")
    return ok(DURATION, found)


def _minutes(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60:02d} s"


def _check_pdf(path: Path, *, slides: int | None) -> Finding:
    export = f"export the slides as {path.name}, beside them"
    if not path.is_file():
        return missing(PDF, f"no {path}", export)
    try:
        pages = count_pages(path)
    except (ValueError, OSError) as exc:
        return wrong(PDF, f"{path.name}: {exc}", export)
    if slides is not None and pages != slides:
        found = f"{path.name} has {pages} pages, for {slides} slides"
        return wrong(PDF, found, f"{export}, again")
    return ok(PDF, f"{path.name}: {pages} pages")
