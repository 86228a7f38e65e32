"""A command of fruits → the same command for a driver elsewhere, checked before it is sent."""

from collections.abc import Collection
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Final

from fruits.backends.choose import intended_backend
from fruits.choices import Steps
from fruits.config import WITHOUT, Config
from fruits.errors import ConfigError
from fruits.models.embedded import is_embedded
from fruits.storage.uri import canonical

REMOTE: Final = ("hdfs://", "s3://", "s3a://")
HERE_ONLY: Final = frozenset({"weights", "runner", "master"})
"""Settings that mean nothing elsewhere: weights travel in the package, Spark is the cluster's."""


@dataclass(frozen=True)
class Request:
    """What a driver on a cluster is to do: a command, and its settings, resolved here.

    Options, `FRUITS_*` variables and a TOML file of this machine are one Config by now; the
    cluster sees nothing but arguments.
    """

    steps: Steps
    config: Config

    def __post_init__(self) -> None:
        """Refuse what could only fail later, on machines that cost money."""
        for key in ("input", "output"):
            place = getattr(self.config, key)
            if place and not canonical(place).startswith(REMOTE):
                raise ConfigError(
                    f"{key} = {place!r} is a place of this machine, which a cluster does not see: "
                    f"give one of {', '.join(REMOTE)}…"
                )
        if self.config.runner == "local" or self.config.master:
            raise ConfigError(
                "runner 'local' and a master of one's own do not go with a cluster: leave both out"
            )
        if self.steps != "reduce" and not self.config.input:
            raise ConfigError("input is missing: give --input, FRUITS_INPUT or TOML input")
        if self.model_file and (
            not self.model_file.is_file() or set(",#") & set(self.config.model)
        ):
            raise ConfigError(
                f"model = {self.config.model!r} cannot be sent: give a file that is there, and has "
                "neither a comma nor a # in its path"
            )

    @property
    def backend(self) -> str:
        """The backend whose library must be there."""
        return intended_backend(self.config.backend, self.config.precision)

    def heaviest(self, extras: Collection[str]) -> str:
        """Return the backend whose memory is reckoned with, in a package that has these extras.

        Of "auto" the workers take the fastest one that they have, which may be OpenVINO.
        """
        may_race = self.config.backend == "auto" and "openvino" in extras
        return "openvino" if may_race else self.backend

    @property
    def model_file(self) -> Path | None:
        """The FILE.onnx that must travel with the command, None for a network with a name."""
        name = self.config.model
        return Path(name) if self.featurises and name.lower().endswith(".onnx") else None

    @property
    def featurises(self) -> bool:
        """Whether the command runs a network."""
        return self.steps in {"run", "features"}

    @property
    def packaged_model(self) -> str | None:
        """The network that the package must hold; the package of fruits itself has fruitnet."""
        name = self.config.model
        return None if self.model_file or is_embedded(name) or not self.featurises else name

    def arguments(self) -> list[str]:
        """Return the command's arguments: every setting that is not the default, in full."""
        given: list[str] = [self.steps]
        for field in fields(Config):
            value = getattr(self.config, field.name)
            default = None if field.default is MISSING else field.default
            if value == default or field.name in HERE_ONLY | WITHOUT[self.steps]:
                continue
            option = f"--{field.name.replace('_', '-')}"
            if field.name == "model" and self.model_file:
                value = self.model_file.name
            given += [option] if value is True else [option, str(value)]
        return given
