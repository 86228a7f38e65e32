"""slides.toml → the slides' texts: which part, how long, title, words, notes."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from presentation.facts import Facts
from presentation.template import fill
from presentation.timing import PARTS, parse

FILE: Final = Path(__file__).with_name("slides.toml")
CODE: Final = "code"
"""Keys that begin so hold code or commands, which are not typeset."""


@dataclass(frozen=True)
class Slide:
    """What slides.toml says of one slide, filled in; `words` are all that its drawing writes."""

    name: str
    part: int
    seconds: int
    title: str
    notes: str
    words: dict[str, Any]


def read_templates(file: Path = FILE) -> list[dict[str, Any]]:
    """Read the slides as they are written, placeholders and all."""
    slides: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))["slide"]
    return slides


def read_slides(facts: Facts, file: Path = FILE) -> list[Slide]:
    """Read and fill all slides; ValueError or KeyError names the slide whose text is wrong."""
    slides = []
    for table in read_templates(file):
        try:
            slides.append(_slide(table, facts))
        except (ValueError, KeyError) as exc:
            raise ValueError(f"slide {table.get('name')!r}: {exc}") from exc
    return slides


def _slide(table: dict[str, Any], facts: Facts) -> Slide:
    keys = [part.key for part in PARTS]
    return Slide(
        name=table["name"],
        part=keys.index(table["part"]),
        seconds=parse(table["duration"]),
        title=fill(table["title"], facts),
        notes=fill(" ".join(table["notes"].split()), facts),
        words={key: _filled(value, key, facts) for key, value in table.get("words", {}).items()},
    )


def _filled(value: Any, key: str, facts: Facts) -> Any:  # noqa: ANN401
    """Fill a text, or all texts of a list or table of texts; numbers and truths stay."""
    if isinstance(value, str):
        return fill(value, facts, code=key.startswith(CODE))
    if isinstance(value, list):
        return [_filled(each, key, facts) for each in value]
    if isinstance(value, dict):
        return {name: _filled(each, name, facts) for name, each in value.items()}
    return value


def texts_of(table: dict[str, Any], wanted: Callable[[str], bool]) -> Iterator[str]:
    """Yield every text of a slide's table whose key is wanted."""
    for key, value in table.items():
        yield from _texts(value, key, wanted)


def _texts(value: Any, key: str, wanted: Callable[[str], bool]) -> Iterator[str]:  # noqa: ANN401
    if isinstance(value, dict):
        yield from texts_of(value, wanted)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, key, wanted)
    elif isinstance(value, str) and wanted(key):
        yield value
