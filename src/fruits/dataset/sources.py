"""The public sets of photos that fruits can get: a dated table beside this module."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fruits.errors import ConfigError

TABLE: Final = Path(__file__).with_name("sources.toml")


@dataclass(frozen=True)
class Download:
    """An address of a set's archive; `sha256` "" and `size` 0 where nobody has published them."""

    url: str
    what: str = ""
    sha256: str = ""
    size: int = 0


@dataclass(frozen=True)
class Page:
    """A page from which a person can download the set."""

    url: str
    what: str


@dataclass(frozen=True)
class DataSet:
    """A public set of photos: who made it, under which licence, and where it is.

    `file` is the name of its archive here; `estimated_size` is in bytes.
    """

    name: str
    title: str
    authors: str
    licence: str
    citation: str
    file: str
    estimated_size: int
    downloads: tuple[Download, ...]
    pages: tuple[Page, ...]


def known_sets() -> list[str]:
    """Return the names of the sets."""
    return [name for name, entry in _table().items() if isinstance(entry, dict)]


def find_set(name: str) -> DataSet:
    """Return a set by its name; ConfigError, with the names that there are, for another."""
    if name not in known_sets():
        raise ConfigError(f"there is no set {name!r}: choose one of {', '.join(known_sets())}")
    entry: Mapping[str, Any] = _table()[name]
    facts = {key: entry[key] for key in ("title", "authors", "licence", "citation", "file")}
    return DataSet(
        name=name,
        estimated_size=int(entry["estimated_size"]),
        downloads=tuple(
            Download(item["url"], item["what"], item["sha256"], item["size"])
            for item in entry["downloads"]
        ),
        pages=tuple(Page(item["url"], item["what"]) for item in entry["pages"]),
        **facts,
    )


def _table() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text("utf-8"))
