"""How long the defence lasts, part by part, and the line of the notes that tells a slide's time."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from presentation.french import duration

LINE: Final = re.compile(r"^Durée : (?:(\d+) min(?: (\d{2}))?|(\d+) s)$", re.MULTILINE)
_TOLD: Final = re.compile(r"(?:(\d+) min)?(?: ?(\d{1,2})(?: s)?)?")


@dataclass(frozen=True)
class Part:
    """A part of the defence: its key in slides.toml, its name, and the seconds it is given."""

    key: str
    name: str
    seconds: int


PARTS: Final = (
    Part("problem", "Problème et données", 180),
    Part("environment", "Environnement Big Data", 360),
    Part("chain", "Chaîne dans le cloud", 360),
    Part("demonstration", "Démonstration", 120),
    Part("synthesis", "Synthèse", 180),
)
TOTAL: Final = sum(part.seconds for part in PARTS)
MOST_SLIDES: Final = 20


def parse(told: str) -> int:
    """Return the seconds of "1 min 10", "2 min" or "45 s"; ValueError for anything else."""
    found = _TOLD.fullmatch(told)
    if not found or not (found[1] or told.endswith("s")):
        raise ValueError(f"duration {told!r}: write it as '1 min 10', '2 min' or '45 s'")
    return 60 * int(found[1] or 0) + int(found[2] or 0)


def line(seconds: int) -> str:
    """Return the notes' line for so many seconds: "Durée : 1 min 10"."""
    return f"Durée : {duration(seconds)}"


def read(notes: str) -> int | None:
    """Return the seconds that notes tell, None where they tell none."""
    found = LINE.search(notes)
    if not found:
        return None
    return 60 * int(found[1] or 0) + int(found[2] or found[3] or 0)


def check(slides: Iterable[tuple[str, int]]) -> None:
    """Raise ValueError unless the slides, (part, seconds) each, fill every part exactly."""
    told = dict.fromkeys((part.key for part in PARTS), 0)
    for count, (key, seconds) in enumerate(slides, 1):
        if key not in told or count > MOST_SLIDES:
            raise ValueError(f"slide {count} in part {key!r}: at most {MOST_SLIDES}, in {[*told]}")
        told[key] += seconds
    if wrong := [f"{p.name}: {told[p.key]} s, not {p.seconds}" for p in PARTS
                 if told[p.key] != p.seconds]:  # fmt: skip
        raise ValueError("; ".join(wrong))
