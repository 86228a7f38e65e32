"""Both languages say the same things, and write numbers as their readers do."""

import re
import tomllib
from importlib.resources import files

import pytest

from fruits.errors import ConfigError
from fruits.report.words import number, percent, words_of


def _all(language: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(files("fruits.report").joinpath(f"words.{language}.toml").read_text())


@pytest.mark.parametrize("part", ["figures", "page"])
def test_both_languages_have_the_same_words_with_the_same_blanks(part: str):
    english, french = _all("en")[part], _all("fr")[part]
    assert english.keys() == french.keys()
    for key in english:
        blanks = [set(re.findall(r"{(\w+)}", text)) for text in (english[key], french[key])]
        # Why a runner was chosen is told in English, by the code that chose it.
        assert blanks[0] - {"reason"} == blanks[1], key


def test_french_punctuation_never_starts_a_line():
    words = [text for part in _all("fr").values() for text in part.values()]
    for text in (text.replace("Fruits!", "") for text in words):
        assert not re.search(r"\w[:;!?%€]|[^\s\u00a0\u202f][»]|«\S", text), text
        assert not re.search(r" [:;!?%€»]", text), f"a breaking space in: {text}"


@pytest.mark.parametrize(
    ("language", "wanted"), [("en", "26,837.5"), ("fr", "26\u202f837,5")], ids=["en", "fr"]
)
def test_numbers_are_written_as_readers_expect(language, wanted):
    assert number(26837.49, language, decimals=1) == wanted


def test_percentages_too():
    assert percent(0.0775, "en", decimals=1) == "7.8%"
    assert percent(0.0775, "fr", decimals=1) == "7,8\u00a0%"


def test_another_language_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match="'de': choose en or fr"):
        words_of("de", "page")
