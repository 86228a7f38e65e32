"""Facts of a run without what they tell of a machine, and so of whoever owns it."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

_LOCAL: Final = re.compile(r"(?:[/~]|file:/|[A-Za-z]:[\\/]|\\\\).+", re.DOTALL)


class Redaction:
    """Replaces folders of a machine by names, and hosts by numbers, in all texts about one run.

    `names` tells what stands for each, as learnt from the run's own report.
    """

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.names = {
            **_home(),
            **{text: _name(text, facts) for text in _texts(facts) if _LOCAL.fullmatch(text)},
            **{worker: f"worker-{n}" for n, worker in enumerate(facts.get("workers") or {}, 1)},
            **_master(facts),
        }
        self._spelt = {form: new for old, new in self.names.items() for form in _spellings(old)}
        # The longest first: a folder is the beginning of what lies in it.
        forms = sorted(self._spelt, key=len, reverse=True)
        listed = "|".join(map(re.escape, forms))
        # Not in the middle of another word or path, nor right after a tag's "<".
        self._pattern = re.compile(rf"(?<![\w<.-])(?:{listed})(?![\w-])" if forms else r"(?!)")

    def facts(self, value: Any) -> Any:  # noqa: ANN401
        """Return a copy of what was read from JSON, with keys and values replaced."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.facts(item) for key, item in value.items()}
        return [self.facts(item) for item in value] if isinstance(value, list) else value

    def text(self, text: str) -> str:
        """Return a text, or a whole page of HTML, with every spelling replaced."""
        return self._pattern.sub(lambda found: self._spelt[found[0]], text)

    def left_in(self, text: str) -> list[str]:
        """Return the folders that a text tells nevertheless."""
        return [old for old in self.names if _LOCAL.fullmatch(old) and old in text]


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield all texts of what was read from JSON, but for its keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _name(path: str, facts: Mapping[str, Any]) -> str:
    """Name a file by its place below the output, anything else by its last part."""
    parts = [part for part in re.split(r"[\\/]", path) if part]
    output = str(facts.get("output") or "").rstrip("/")
    if output and path.startswith(f"{output}/"):
        return path[len(output) + 1 :]
    return parts[-1] if parts else path


def _home() -> dict[str, str]:
    """Name the home folder where it tells a name: /home/zoe does, /root does not."""
    home = Path.home()
    return {str(home): "~"} if len(home.parts) > 2 else {}


def _master(facts: Mapping[str, Any]) -> dict[str, str]:
    """Keep of spark://host:7077 only what kind of master it was; local[4] tells nobody's name."""
    master = str((facts.get("spark") or {}).get("master") or "")
    kind, mark, _ = master.partition("://")
    return {master: kind} if mark else {}


def _spellings(text: str) -> set[str]:
    """Return the ways in which a page may write a text: as it is, in HTML, in JSON, in a link."""
    return {
        text,
        html.escape(text),
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        quote(text),
    }
