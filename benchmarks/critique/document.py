"""The review's text and its figures → docs/revue-critique.md: no measured number is typed by hand.

In `revue.md`, `{{ splits.official.right | pct }}` is a figure of the JSON, in French, and
`{{ pca.md: 46.1 }}` quotes a number of a document of docs/, which must still be there.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

from benchmarks.critique.plots import draw
from benchmarks.document import newest

ROOT: Final = Path(__file__).resolve().parents[2]
TEMPLATE: Final = Path(__file__).with_name("revue.md")
PAGE: Final = ROOT / "docs" / "revue-critique.md"

NARROW, WIDE = "\u202f", "\u00a0"
"""The spaces that no line may break at: before ; ! ? % and between thousands; before : and »."""

FIGURE: Final = re.compile(r"\{\{ ([\w.-]+)(?: \* ([\d.e-]+))? \| (\w+) \}\}")
QUOTE: Final = re.compile(r"\{\{ ([\w./-]+\.md): ([\d.,]+) \}\}")
CODE: Final = re.compile(r"(```.*?```|`[^`\n]+`|\]\([^)]*\))", re.DOTALL)
DECIMALS: Final = {"n0": 0, "n1": 1, "n2": 2, "n3": 3, "pct": 1, "pct0": 0}


def newest_facts() -> tuple[str, dict[str, Any]]:
    """Return the newest figures' file name and content."""
    file = newest("critique")
    if file is None:
        raise SystemExit("no figures yet: run `python -m benchmarks.critique OUTPUT` first")
    return file.name, json.loads(file.read_text("utf-8"))


def write() -> Path:
    """Draw the plots, write the document from the newest figures and return where it is."""
    name, facts = newest_facts()
    draw(facts)
    PAGE.write_text(render(TEMPLATE.read_text("utf-8"), facts, source=name), "utf-8")
    return PAGE


def render(template: str, facts: dict[str, Any], *, source: str) -> str:
    """Put the figures in their places and set the spaces as French wants them.

    Raises KeyError, IndexError or ValueError for a figure that is missing or quoted wrongly.
    """
    text = template.replace("{{ source }}", f"`{source}`")
    text = FIGURE.sub(lambda found: figure(facts, *found.groups()), text)
    text = QUOTE.sub(lambda found: quoted(*found.groups()), text)
    if "{{" in text:
        raise ValueError(f"not understood: {text[text.index('{{') :].splitlines()[0]}")
    return typeset(text)


def figure(facts: dict[str, Any], path: str, factor: str | None, form: str) -> str:
    """Return the figure at a dotted path, times a factor, in French."""
    value: Any = facts
    for key in path.split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    if form == "version":
        return str(value)
    if form == "day":
        return "/".join(reversed(str(value).split("-")))
    if form == "about":
        return french(float(f"{float(value) * float(factor or 1):.2g}"), 0)
    share = 100 if form.startswith("pct") else 1
    return french(float(value) * float(factor or 1) * share, DECIMALS[form])


def quoted(document: str, number: str) -> str:
    """Return a number of a document in French, if the document has it."""
    content = (ROOT / "docs" / document).read_text("utf-8")
    if not re.search(rf"(?<![\d.,]){re.escape(number)}(?![\d]|[.,]\d)", content):
        raise ValueError(f"docs/{document} has no {number} any more: mend {TEMPLATE.name}")
    return number.replace(",", NARROW).replace(".", ",")


def french(value: float, decimals: int) -> str:
    """Write a number with a decimal comma and a narrow space between thousands."""
    return f"{value:,.{decimals}f}".replace(",", NARROW).replace(".", ",")


def typeset(text: str) -> str:
    """Set spaces and apostrophes in all that is neither code nor an address."""
    parts = CODE.split(text)
    return "".join(part if index % 2 else _typeset(part) for index, part in enumerate(parts))


def _typeset(prose: str) -> str:
    prose = re.sub(r"(?<=\d) (?=\d{3}(?!\d))", NARROW, prose)
    prose = re.sub(r" ([;!?%])", rf"{NARROW}\1", prose.replace("'", "’"))
    prose = re.sub(r" ([:»€])", rf"{WIDE}\1", prose).replace("« ", f"«{WIDE}")
    return re.sub(r"(?<=\d) (?=(?:Go|Mo|ko|Ko|To|s|min|h|ms|octets|images|photos)\b)", WIDE, prose)
