"""What a template of `deploy/` would make, read without AWS: its resources, conditions decided."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from fruits.cloud.deploy_files import deploy_file
from fruits.errors import ConfigError


@dataclass(frozen=True)
class Template:
    """A template's text, and what it says."""

    text: str

    @classmethod
    def named(cls, name: str) -> "Template":
        """Read a template of `deploy/`."""
        return cls(deploy_file(name).read_text(encoding="utf-8"))

    @property
    def body(self) -> str:
        """The template as CloudFormation is sent it: without comments, as it takes 51,200 bytes."""
        return json.dumps(self.content, separators=(",", ":"), ensure_ascii=False)

    @cached_property
    def content(self) -> Mapping[str, Any]:
        """The template, its short forms in long."""
        content: Mapping[str, Any] = _parse(self.text)
        return content

    def parameters(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return every parameter: those given, else the template's defaults."""
        known = self.content["Parameters"].items()
        return {name: given.get(name, str(told.get("Default", ""))) for name, told in known}

    def resources(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return what would be made, name → type, with these parameters."""
        values = self.parameters(given)
        return {
            name: resource["Type"]
            for name, resource in self.content["Resources"].items()
            if "Condition" not in resource or self._holds(resource["Condition"], values)
        }

    def _holds(self, condition: Any, values: Mapping[str, str]) -> bool:  # noqa: ANN401
        """Decide a condition: a name, or one of the functions that templates here use."""
        if isinstance(condition, str):
            return self._holds(self.content["Conditions"][condition], values)
        ((function, given),) = condition.items()
        if function == "Condition":
            return self._holds(given, values)
        if function == "Fn::Equals":
            left, right = (_value(each, values) for each in given)
            return left == right
        decided = [self._holds(each, values) for each in given]
        return {"Fn::Not": not decided[0], "Fn::And": all(decided), "Fn::Or": any(decided)}[
            function
        ]


def _value(told: Any, values: Mapping[str, str]) -> str:  # noqa: ANN401
    return values.get(told["Ref"], "") if isinstance(told, dict) else str(told)


def _parse(text: str) -> Any:  # noqa: ANN401
    """Read YAML; CloudFormation's short forms become its long ones."""
    try:
        import yaml
    except ImportError as exc:
        raise ConfigError(
            f"templates are read with PyYAML, which is missing ({exc}): pip install 'fruits[cloud]'"
        ) from exc
    return yaml.load(text, Loader=_loader())  # noqa: S506


@lru_cache(maxsize=1)
def _loader() -> type:
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", _intrinsic)
    return Loader


def _intrinsic(loader: Any, suffix: str, node: Any) -> dict[str, Any]:  # noqa: ANN401
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if node.id == "scalar":
        told = str(loader.construct_scalar(node))
        return {name: told.split(".", 1) if suffix == "GetAtt" else told}
    if node.id == "sequence":
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}
