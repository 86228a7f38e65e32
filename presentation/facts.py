"""The values that the slides show, by name; whoever asks for one is noted, so none lies unused."""

import json
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("facts.json")


class Facts:
    """Named values out of facts.json: numbers, names, and the series that charts draw."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values
        self._asked: set[str] = set()

    def take(self, name: str) -> Any:  # noqa: ANN401
        """Return a value; KeyError, with what there is, for a name that is not known."""
        if name not in self._values:
            family = name.partition(".")[0] + "."
            near = ", ".join(key for key in self._values if key.startswith(family))
            raise KeyError(f"no fact is named {name!r}; near it: {near or 'nothing'}")
        self._asked.add(name)
        return self._values[name]

    def unused(self) -> list[str]:
        """Return the names that nobody has asked for."""
        return sorted(set(self._values) - self._asked)


def read_facts(file: Path = FILE) -> Facts:
    """Read facts.json; FileNotFoundError says how it is made."""
    if not file.is_file():
        raise FileNotFoundError(f"no {file}: python -m presentation collect OUTPUT makes it")
    return Facts(json.loads(file.read_text(encoding="utf-8")))


def write_facts(values: dict[str, Any], file: Path = FILE) -> None:
    """Write the values, sorted by name, with the figures that the slides need and no more."""
    rounded = {name: _rounded(values[name]) for name in sorted(values)}
    text = json.dumps(rounded, indent=1, ensure_ascii=False)
    file.write_text(_on_one_line(text) + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:  # noqa: ANN401
    """Seven significant digits are more than any slide shows."""
    if isinstance(value, float):
        return float(f"{value:.7g}")
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return value


def _on_one_line(text: str) -> str:
    """Put each list on a line of its own, so that a difference of facts can be read."""
    lines: list[str] = []
    inside = 0
    for line in text.splitlines():
        if inside:
            lines[-1] += line.strip() if lines[-1].endswith("[") else " " + line.strip()
        else:
            lines.append(line)
        inside += line.count("[") - line.count("]")
    return "\n".join(lines).replace(" ]", "]")
