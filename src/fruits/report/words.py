"""What the report and its figures say, in the languages of their readers."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final

from fruits.choices import LANGUAGES, Language
from fruits.errors import ConfigError

__all__ = ["LANGUAGES", "Language", "number", "percent", "words_of"]

_NARROW: Final = "\u202f"
_NO_BREAK: Final = "\u00a0"


@lru_cache
def words_of(language: Language, part: str) -> Mapping[str, str]:
    """Return the words of one part ("figures", "page") in a language.

    Raises ConfigError for a language that there is none of.
    """
    if language not in LANGUAGES:
        raise ConfigError(f"language {language!r}: choose {' or '.join(LANGUAGES)}")
    content = files(__package__).joinpath(f"words.{language}.toml").read_text("utf-8")
    words: Mapping[str, str] = tomllib.loads(content)[part]
    return words


def number(value: float, language: Language, *, decimals: int = 0) -> str:
    """Write a number as its readers do: 26,837.5 in English, 26 837,5 in French."""
    text = f"{value:,.{decimals}f}"
    return text if language == "en" else text.replace(",", _NARROW).replace(".", ",")


def percent(share: float, language: Language, *, decimals: int = 0) -> str:
    """Write a share (0 to 1) in per cent."""
    text = number(share * 100, language, decimals=decimals)
    return f"{text}%" if language == "en" else f"{text}{_NO_BREAK}%"
