"""The templates of deploy/, parsed, and what is asked of them again and again."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cfnlint.decode import decode
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError

from fruits.storage.regions import EU_REGIONS

FOLDER = Path(__file__).parents[2] / "deploy"
DATA = FOLDER / "data.yaml"
DURABLE = FOLDER / "durable.yaml"
BUDGET = FOLDER / "budget.yaml"

Template = dict[str, Any]
Statement = dict[str, Any]

_POLICIES = ("PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument")


def load(path: Path) -> Template:
    """Parse a template into plain dicts and lists: `!Ref A` is {"Ref": "A"}."""
    template, problems = decode(path)
    assert not problems
    return json.loads(json.dumps(template))


def properties(template: Template, name: str) -> dict[str, Any]:
    return template["Resources"][name]["Properties"]


def of_type(template: Template, *kinds: str) -> dict[str, dict[str, Any]]:
    found = template["Resources"].items()
    return {name: resource["Properties"] for name, resource in found if resource["Type"] in kinds}


def text(value: Any) -> str:
    """Write a Ref, GetAtt or Sub as the string that it stands for, `${...}` left in."""
    match value:
        case {"Ref": name} | {"Fn::GetAtt": str(name)}:
            written = f"${{{name}}}"
        case {"Fn::GetAtt": [*names]}:
            written = f"${{{'.'.join(names)}}}"
        case {"Fn::Sub": [pattern, names]}:
            written = pattern
            for name, inner in names.items():
                written = written.replace(f"${{{name}}}", text(inner))
        case {"Fn::Sub": pattern}:
            written = pattern
        case {"Fn::If": [condition, yes, no]}:
            written = f"{condition} ? {text(yes)} : {text(no)}"
        case _:
            written = str(value)
    return written


def texts(value: Any) -> list[str]:
    return [text(one) for one in (value if isinstance(value, list) else [value])]


def actions(statement: Statement) -> list[str]:
    return texts(statement.get("Action", []))


def conditions(statement: Statement) -> dict[tuple[str, str], list[str]]:
    """Return what a statement asks for: (operator, key) → values."""
    return {
        (operator, key): texts(value)
        for operator, keys in statement.get("Condition", {}).items()
        for key, value in keys.items()
    }


def statements(node: Any) -> Iterator[Statement]:
    """Every statement of every policy under a node of a template."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in _POLICIES:
                yield from _unconditional(value["Statement"])
            else:
                yield from statements(value)
    elif isinstance(node, list):
        for value in node:
            yield from statements(value)


def _unconditional(found: list[Any]) -> Iterator[Statement]:
    """Yield statements, those that a condition adds too."""
    for one in found:
        branches = one["Fn::If"][1:] if "Fn::If" in one else [one]
        yield from (each for each in branches if "Effect" in each)


def statement(template: Template, owner: str, sid: str) -> Statement:
    """Return the statement of that Sid; AssertionError where the resource has none."""
    found = [one for one in statements(template["Resources"][owner]) if one.get("Sid") == sid]
    assert len(found) == 1, f"{owner} has {len(found)} statements called {sid}"
    return found[0]


def trust(template: Template, role: str) -> Statement:
    (only,) = properties(template, role)["AssumeRolePolicyDocument"]["Statement"]
    return only


def grants(template: Template, role: str) -> list[Statement]:
    """Return all statements that say what a role may do, wherever in the template they stand."""
    own = properties(template, role)
    found = list(statements(own.get("Policies", [])))
    for arn in own.get("ManagedPolicyArns", []):
        if "Ref" in arn:
            found += statements(properties(template, arn["Ref"]))
    for policy in of_type(template, "AWS::IAM::Policy").values():
        if {"Ref": role} in policy["Roles"]:
            found += statements(policy)
    for key in of_type(template, "AWS::KMS::Key").values():
        found += [
            one for one in statements(key) if text(one["Principal"]["AWS"]) == f"${{{role}.Arn}}"
        ]
    return found


def size(policy: Any) -> int:
    """Count as IAM does, all but white space; references as long as they are written."""
    return len(re.sub(r"\s", "", json.dumps(policy)))


def schema(kind: str, region: str) -> dict[str, Any] | None:
    """Return CloudFormation's own description of a type; None where the region lacks it."""
    try:
        return PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema
    except ResourceNotFoundError:
        return None


def regions_with(kind: str) -> set[str]:
    return {region for region in EU_REGIONS if schema(kind, region)}
