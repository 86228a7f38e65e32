"""What a template of `deploy/` would make, read without AWS: its resources, conditions decided."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from fruits.cloud.deploy_files import deploy_file


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, read as their long ones."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        told = str(loader.construct_scalar(node))
        return {name: told.split(".", 1) if suffix == "GetAtt" else told}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _intrinsic)


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
        """The template as CloudFormation is sent it: it takes 51,200 bytes, comments included."""
        return json.dumps(self.content, separators=(",", ":"), ensure_ascii=False)

    @cached_property
    def content(self) -> Mapping[str, Any]:
        """The template, its short forms in long."""
        content: Mapping[str, Any] = yaml.load(self.text, Loader=_Loader)  # noqa: S506
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
