"""One run's settings: option > FRUITS_* variable > TOML file > default, checked first."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, get_args

from fruits.choices import Backend, Fit, Precision, RunnerName, Split, Steps
from fruits.errors import ConfigError

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "backend": get_args(Backend),
    "precision": get_args(Precision),
    "fit": get_args(Fit),
    "runner": get_args(RunnerName),
    "split": get_args(Split),
}
"""The settings that take one word out of a closed list."""


WITHOUT: Final[Mapping[Steps, frozenset[str]]] = {
    "run": frozenset(),
    "features": frozenset({"components"}),
    "reduce": frozenset({"input", "weights", "backend", "max_rejected", "split", "prune"}),
    "pack": frozenset({"model", "weights", "backend", "precision", "fit", "components"}),
}
"""The settings that a command has no use for, and so no option."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """What to read, where to write, and how; raises ConfigError for a value that cannot be used.

    `components` is a count (int) or a share of the variance (float, 0 < share ≤ 1);
    `max_rejected` is the share of this run's images that may be rejected before exit code 3;
    `prune` drops the rows of images that the input does not hold any more.
    """

    output: str
    input: str = ""
    model: str = "mobilenet_v2"
    weights: str | None = None
    backend: Backend = "auto"
    precision: Precision = "f32"
    fit: Fit = "squash"
    components: int | float | str = 0.95
    max_rejected: float = 0.05
    split: Split | None = None
    prune: bool = False
    runner: RunnerName = "auto"
    master: str | None = None

    def __post_init__(self) -> None:
        """Check every value, and read numbers that arrive as text."""
        if not self.output:
            raise ConfigError("output is missing: give --output, FRUITS_OUTPUT or TOML output")
        for key, accepted in CHOICES.items():
            value = getattr(self, key)
            if value is not None and value not in accepted:
                raise ConfigError(f"{key} = {value!r} is not one of {', '.join(accepted)}")
        if self.master and self.runner == "local":
            raise ConfigError(
                f"master = {self.master!r} goes with the Spark runner, but runner is 'local': "
                "leave one of the two out"
            )
        object.__setattr__(self, "components", parse_components(self.components))
        object.__setattr__(self, "prune", parse_switch("prune", self.prune))
        object.__setattr__(self, "max_rejected", _parse_share("max_rejected", self.max_rejected))

    @property
    def wanted(self) -> int | float:
        """The number of components (int) or the share of variance (float) to keep."""
        assert not isinstance(self.components, str)
        return self.components


def parse_components(value: int | float | str) -> int | float:
    """Read `0.95` as a share of the variance and `128` as a count; ConfigError otherwise."""
    text = str(value).strip()
    try:
        number = float(text) if "." in text or "e" in text.lower() else int(text)
    except ValueError:
        number = -1
    if number <= 0 or (isinstance(number, float) and not number <= 1.0):
        raise ConfigError(
            f"components = {value!r}: give a count (128) or, with a dot, "
            "a share of the variance above 0 and up to 1 (0.95)"
        )
    return number


def parse_switch(key: str, value: bool | str) -> bool:
    """Read true, yes, on, 1 and their opposites, as a variable or a file has them."""
    word = str(value).strip().lower()
    if word in {"true", "yes", "on", "1"}:
        return True
    if word in {"false", "no", "off", "0", ""}:
        return False
    raise ConfigError(f"{key} = {value!r}: give true or false")


def _parse_share(key: str, value: object) -> float:
    try:
        share = float(str(value))
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise ConfigError(f"{key} = {value!r}: give a share between 0 and 1 (0.05 is 5 %)")
    return share


def resolve_config(
    options: Mapping[str, Any],
    *,
    config_file: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """Lay options (those that are not None) over variables over the TOML file over the defaults."""
    keys = [field.name for field in fields(Config)]
    settings: dict[str, Any] = {"output": ""}
    settings |= read_toml(config_file, keys) if config_file else {}
    settings |= {k: environ[v] for k in keys if environ.get(v := f"FRUITS_{k.upper()}")}
    settings |= {k: v for k, v in options.items() if v is not None}
    return Config(**settings)


def read_toml(file: str, keys: list[str]) -> dict[str, Any]:
    """Read the settings of a TOML file; an unknown key is an error that lists the known ones."""
    try:
        settings = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigError(f"cannot read the configuration {file}: {exc.strerror}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{file} is not valid TOML: {exc}") from exc
    settings = {key.replace("-", "_"): value for key, value in settings.items()}
    if unknown := sorted(set(settings) - set(keys)):
        raise ConfigError(
            f"{file} has unknown keys: {', '.join(unknown)}. Known keys: {', '.join(keys)}"
        )
    return settings
