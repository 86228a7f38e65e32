"""The documents say what the code does: modules, layers, commands, targets, columns and links."""

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

import fruits
from fruits.cli import cli
from fruits.cli.options import OPTIONS, configure
from fruits.config import Config
from fruits.images.rejects import REASONS
from fruits.schema import FEATURE_ROW, MATRIX_KEYS, REJECT_ROW

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "fruits"
README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
DECISIONS = ROOT / "docs" / "decisions"
DOCUMENTS = sorted([ROOT / "README.md", *ROOT.glob("*/README.md"), *(ROOT / "docs").rglob("*.md")])

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return [body for name, body in FENCE.findall(text) if name == language]


def spans(text: str) -> list[str]:
    """The pieces of inline code; in a table a bar is no code."""
    return re.findall(r"`([^`\n]+)`", FENCE.sub("", text))


def shell_lines() -> list[str]:
    """What the README tells the reader to type, in blocks and in sentences."""
    typed = "\n".join(blocks(README, "sh")).replace("\\\n", " ").splitlines()
    return typed + spans(README)


def commands(program: str) -> list[list[str]]:
    """The arguments of every call of a program in the README."""
    found = [line for line in shell_lines() if line.split(" ")[0] == program]
    return [shlex.split(line.replace(" …", ""), comments=True)[1:] for line in found]


def leaf_of(words: list[str]) -> tuple[click.Command, list[str]]:
    """Follow the words to the command they name; the rest are its arguments."""
    command: click.Command = cli
    while isinstance(command, click.Group) and words:
        word, *words = words
        if word.startswith("-"):
            assert any(word in parameter.opts for parameter in command.params), word
            continue
        assert word in command.commands, f"`fruits` has no command {word}"
        command = command.commands[word]
    return command, words


def first_line(module: Path) -> str:
    docstring = ast.get_docstring(ast.parse(module.read_text("utf-8")))
    assert docstring, f"{module} has no docstring"
    return docstring.splitlines()[0]


def described_modules() -> Iterator[tuple[str, str]]:
    """The modules of architecture.md: items, and folders with the paragraph below their heading."""
    listed = ARCHITECTURE.partition("\n## The modules\n")[2]
    yield from re.findall(r"^- `([\w/]+\.py)`: (.+)$", listed, re.MULTILINE)
    for folder, text in re.findall(r"^### `([\w/]+/)`\n\n(.+)$", listed, re.MULTILINE):
        yield f"{folder}__init__.py", text


def test_architecture_describes_every_module_by_its_docstring():
    described = list(described_modules())
    actual = {
        str(file.relative_to(SOURCE).as_posix()): first_line(file) for file in SOURCE.rglob("*.py")
    }
    assert len(described) == len(dict(described)), "a module is listed twice"
    assert dict(described) == actual


def test_architecture_draws_the_layers_that_the_linter_enforces():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    assert f"\n    {' > '.join(layers)}\n" in ARCHITECTURE


def test_architecture_names_no_file_or_folder_that_is_gone():
    prose = ARCHITECTURE.partition("\n## The modules\n")[0]
    named = {span for span in spans(prose) if re.fullmatch(r"\w+/|[\w/]+\.py", span)}
    outputs = {"features/", "rejected/"}
    assert named > outputs
    missing = [
        name for name in named - outputs if not ((SOURCE / name).exists() or (ROOT / name).exists())
    ]
    assert not missing


def test_every_command_of_the_readme_exists_with_its_options_and_values():
    found = commands("fruits")
    assert len(found) > 5
    for words in found:
        leaf, arguments = leaf_of(words)
        if isinstance(leaf, click.Group):
            continue
        try:
            parsed = leaf.make_context(leaf.name, list(arguments)).params
        except click.exceptions.Exit:  # --help
            continue
        if "config_file" in parsed and arguments:
            configure({name: parsed[name] for name in parsed if name in {*OPTIONS, "config_file"}})


def test_every_option_that_the_readme_mentions_exists():
    known = {"--help"}
    pending: list[click.Command] = [cli]
    while pending:
        command = pending.pop()
        known |= {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
        pending += command.commands.values() if isinstance(command, click.Group) else []
    mentioned = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README))
    assert mentioned
    assert mentioned <= known


def test_the_readme_activates_the_environment_before_it_types_fruits():
    typed = [line for block in blocks(README, "sh") for line in block.splitlines()]
    first = next(at for at, line in enumerate(typed) if line.startswith("fruits "))
    assert ". .venv/bin/activate" in typed[:first]


def test_the_readme_and_the_makefile_have_the_same_targets():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):.*##", makefile, re.MULTILINE))
    named = {words[0] for words in commands("make") if words}
    assert named == targets


def test_the_python_of_the_readme_uses_what_there_is():
    trees = [ast.parse(block) for block in blocks(README, "python")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {
        alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "fruits"
        for alias in node.names
    }
    assert imported
    assert imported <= set(fruits.__all__)
    settings = {
        keyword.arg
        for node in nodes
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Config"
        for keyword in node.keywords
    }
    assert settings
    assert settings <= {field.name for field in fields(Config)}


@pytest.mark.parametrize(
    ("start", "columns"),
    [
        ("| `features/`", FEATURE_ROW.names),
        ("| `rejected/`", REJECT_ROW.names),
        ("| `matrix/matrix.csv`", MATRIX_KEYS),
    ],
)
def test_the_readme_lists_the_columns_in_their_order(start: str, columns: list[str]):
    [row] = [line for line in README.splitlines() if line.startswith(start)]
    listed = [name for name in spans(row.split("|")[-2]) if name in columns]
    assert listed == list(columns)


def test_the_readme_lists_every_reason_for_a_reject():
    assert set(REASONS) <= set(spans(README))


def test_every_decision_is_in_the_index_and_numbered_in_order():
    records = sorted(file.name for file in DECISIONS.glob("0*.md"))
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    index = (DECISIONS / "README.md").read_text("utf-8")
    assert re.findall(r"\]\((0[\w-]+\.md)\)", index) == records
    for name in records:
        title = (DECISIONS / name).read_text("utf-8").splitlines()[0]
        assert title.startswith(f"# {name[:4]} · ")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document: Path):
    text = FENCE.sub("", document.read_text("utf-8"))
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    local = [link.partition("#")[0] for link in links if "://" not in link]
    assert [link for link in local if link and not (document.parent / link).exists()] == []
