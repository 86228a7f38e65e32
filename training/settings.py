"""The settings of a training, read from a TOML file and checked by their types."""

import json
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

DEFAULT = Path(__file__).with_name("settings.toml")


@dataclass(frozen=True)
class Views:
    """How many views are drawn from each source, and from which seeds."""

    seed: int
    fruits_360: int
    grocery: int
    orchard: int
    orchard_photos: int
    orchard_seed: int


@dataclass(frozen=True)
class Student:
    """The shape of the network; `stages` are (channels, blocks)."""

    side: int
    stem: tuple[int, ...]
    stages: tuple[tuple[int, int], ...]
    dim: int


@dataclass(frozen=True)
class Distillation:
    """What is learnt, and how fast."""

    seed: int
    epochs: int
    batch: int
    learning_rate: float
    warm_up: float
    weight_decay: float
    whitening: float
    label_weight: float
    label_scale: float
    shift: int


@dataclass(frozen=True)
class Settings:
    """One training, whole."""

    views: Views
    student: Student
    distillation: Distillation


def read_settings(path: Path = DEFAULT) -> Settings:
    """Read a TOML file of the three tables; ValueError names a key that is missing or unknown."""
    tables = tomllib.loads(path.read_text("utf-8"))
    return Settings(
        _fill(Views, tables, "views", path),
        _fill(Student, tables, "student", path),
        _fill(Distillation, tables, "distillation", path),
    )


def claim(work: Path, settings: Settings) -> None:
    """Take a work folder for these settings; ValueError when it was begun with others."""
    file = work / "settings.json"
    wanted = json.loads(json.dumps(asdict(settings)))
    if not file.is_file():
        file.write_text(json.dumps(wanted, indent=1))
    elif json.loads(file.read_text()) != wanted:
        raise ValueError(f"{work} was begun with other settings: give another --work, or delete it")


def _fill(kind: type, tables: dict[str, Any], name: str, path: Path) -> Any:  # noqa: ANN401
    table = tables.get(name, {})
    expected = {field.name for field in fields(kind)}
    wrong = sorted(expected ^ set(table))
    if wrong:
        raise ValueError(f"{path}, [{name}]: {', '.join(wrong)} missing or unknown")
    return kind(**{key: _frozen(value) for key, value in table.items()})


def _frozen(value: Any) -> Any:  # noqa: ANN401
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
