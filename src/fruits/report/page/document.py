"""A run's page, put together: everything it shows, in one file."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from fruits.report.page.album import Album, make_album
from fruits.report.page.charts import library, look, specifications, titles
from fruits.report.page.counting import counts_table, rejects_of, rejects_section
from fruits.report.page.found import Found, find
from fruits.report.page.looks import (
    extremes_section,
    likeness_section,
    spectrum_section,
)
from fruits.report.page.map import map_section
from fruits.report.page.photos import read_squares
from fruits.report.page.points import pack_points
from fruits.report.page.telling import remake_section, summary, tiles, time_section
from fruits.report.results import Results
from fruits.report.words import Language, number, words_of

PHOTO_BYTES: Final = 1_700_000
"""What the photos may take, before base64 adds a third: the page stays below 5 MB."""

SPLITS: Final = ("", "training", "test", "validation")


def render(results: Results, *, language: Language = "en") -> str:
    """Return the page of a run as HTML, without any address that a browser would load."""
    found = find(results) if results.reduced else None
    album = _album(results, found)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string(_part("template.html"))
    return template.render(_context(results, found, album, language))


def _album(results: Results, found: Found | None) -> Album:
    rejects = [row["path"] for row in rejects_of(results)]
    paths = [*rejects, *(found.shown() if found else [])]
    place = results.output.owner() or results.facts.input
    squares = read_squares(place, paths, damaged=rejects)
    return make_album(paths, squares, most_bytes=PHOTO_BYTES)


def _context(
    results: Results, found: Found | None, album: Album, language: Language
) -> dict[str, Any]:
    words, facts = words_of(language, "page"), results.facts
    context = {
        "language": language,
        "words": SimpleNamespace(**words),
        "facts": facts,
        "style": Markup(_part("style.css")),  # noqa: S704  (a file of ours)
        "script": Markup(_part("page.js")),  # noqa: S704
        "library": Markup(library()),  # noqa: S704
        "sheets": [base64.b64encode(sheet).decode() for sheet in album.sheets],
        "cells": album.cells,
        "summary": summary(results, language),
        "run": words["run"].format(
            run_id=facts.run_id,
            started=f"{datetime.fromisoformat(facts.started):%Y-%m-%d %H:%M} UTC",
        ),
        "tiles": tiles(results, language),
        "counts": None,
        "rejects": rejects_section(results, language),
        "likeness": None,
        "time": time_section(results, language),
        "remake": remake_section(results, language),
    }
    if found:
        context |= _looks(results, found, album, language)
    charts = specifications(results, len(found.rows) if found else 0, language=language)
    context["titles"] = titles(charts)
    return context | {
        "sections": [name for name in _ORDER if name in _ALWAYS or context.get(name)],
        "data": _embedded({"charts": charts} | _data(found, album, language)),
    }


_ORDER: Final = ("counts", "map", "spectrum", "extremes", "likeness", "time", "remake")
_ALWAYS: Final = ("counts", "time", "remake")


def _looks(results: Results, found: Found, album: Album, language: Language) -> dict[str, Any]:
    keys, likeness = found.keys, found.likeness
    pictured = sum(keys.paths[row] in album.cells for row in found.rows)
    return {
        "counts": counts_table(keys, language),
        "map": map_section(results, found, pictured, language),
        "spectrum": spectrum_section(results, language),
        "extremes": extremes_section(found.ends, keys, language),
        "likeness": likeness_section(likeness, keys, language) if likeness else None,
    }


def _data(found: Found | None, album: Album, language: Language) -> dict[str, Any]:
    words = words_of(language, "page")
    data = {
        "words": {key: words[key] for key in ("no_label", "a_neighbour", "none_chosen")},
        **look(language),
    }
    data["words"]["too_many"] = words["too_many"].format(most=len(data["cycle"]))
    if found is None:
        return data
    keys = found.keys
    counts = np.bincount(keys.numbers, minlength=len(keys.classes))
    return data | {
        "labels": keys.classes,
        "counts": [number(int(count), language) for count in counts],
        "splits": [words[split] if split else "" for split in SPLITS],
        "points": pack_points(
            found.places,
            keys.numbers[found.rows],
            np.array([SPLITS.index(keys.splits[row]) for row in found.rows]),
            [keys.paths[row] for row in found.rows],
            album,
        ),
    }


def _embedded(data: Mapping[str, Any]) -> Markup:
    """Write JSON that no name in it can break out of a script element with."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")
