"""What a French reader sees: prose, comments and printed words, without an English sentence."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest

ENGLISH = re.compile(
    r"\b(?:the|and|with|of|is|are|was|were|this|that|these|those|from|for|which|where|when|its|"
    r"will|would|has|have|only|showing|rows?|warning|failed)\b",
    re.IGNORECASE,
)
FRENCH = re.compile(r"\b(?:le|la|les|des|du|une?|et|est|sont|dans|pour|que|qui|par|sur)\b")
CODE = re.compile(r"`[^`]*`|https?://\S+|\]\([^)]*\)|\bs3://\S+")
"""What prose quotes: code, addresses, the targets of links."""


@pytest.fixture(scope="session")
def prose(notebook: Any) -> dict[str, str]:
    """The Markdown of each cell, by its id, without the code that it quotes."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    return {cell.id: CODE.sub("…", cell.source) for cell in cells}


def test_prose_is_french(prose: dict[str, str]):
    assert not {name: found[0] for name, text in prose.items() if (found := ENGLISH.search(text))}
    everything = " ".join(prose.values())
    assert len(FRENCH.findall(everything)) > len(everything.split()) / 8


def test_comments_and_texts_in_the_code_are_french(code: list[Any]):
    said = [text for cell in code for text in _said(cell.source)]
    assert len(said) > 30
    assert not [text for text in said if ENGLISH.search(text)]


def test_outputs_are_french(code: list[Any]):
    printed = [out.text for cell in code for out in cell.outputs if out.output_type == "stream"]
    assert len(printed) > 10
    assert not [text for text in printed if ENGLISH.search(text)]


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        (r"(?<=\S) [:;!?%€»]", "a plain space before : ; ! ? % € »"),
        (r"« ", "a plain space after «"),
        (r"\w'\w", "a straight apostrophe"),
        (r"\d\.\d", "a decimal point"),
        (r"\d \d{3}\b", "a plain space between thousands"),
    ],
)
def test_prose_is_set_as_french_is(prose: dict[str, str], pattern: str, what: str):
    tables = re.compile(r"^\|[-:| ]+\|$", re.MULTILINE)
    text = {name: tables.sub("", text) for name, text in prose.items()}
    assert not {n: found[0] for n, t in text.items() if (found := re.search(pattern, t))}, what


def test_numbers_that_are_printed_have_no_decimal_point(code: list[Any]):
    text = "".join(out.text for cell in code for out in cell.outputs if "text" in out)
    versions = re.compile(r"\b(?:Python|Spark|fruits) [\d.]+|\be[-+]\d+")
    assert not re.findall(r"\d\.\d", versions.sub("", text))


def _said(source: str) -> Iterator[str]:
    """Yield comments, docstrings and printed texts; not names, addresses or Spark's settings."""
    for line in source.splitlines():
        yield from re.findall(r"(?:^|\s)# (.+)", line)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value
