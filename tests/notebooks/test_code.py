"""What the notebook calls: the public API, commands that exist, and nothing that downloads."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import click
import pytest

import fruits
from fruits.cli.main import cli

PUBLIC = set(fruits.__all__)


@pytest.fixture(scope="session")
def tree(code: list[Any]) -> ast.Module:
    """All its code, as one module."""
    return ast.parse("\n".join(cell.source for cell in code))


def test_only_public_names_of_fruits_are_imported(tree: ast.Module):
    modules = [name for node in ast.walk(tree) for name in _modules(node)]
    assert {name for name in modules if name.split(".")[0] == "fruits"} == {"fruits"}
    froms = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module == "fruits"]
    assert {name.name for node in froms for name in node.names} <= PUBLIC


def test_only_public_names_are_taken_from_the_module(tree: ast.Module):
    used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and _is(n, "fruits")}
    assert used <= PUBLIC


def test_figures_that_it_draws_exist(tree: ast.Module):
    figures = pytest.importorskip("fruits.report.figures", reason="figures: fruits[report]")
    drawn = {words[0] for node in ast.walk(tree) if (words := _words(node, "montrer"))}
    assert {"scree", "variance", "map_of", "classes", "stages"} <= drawn <= set(figures.__all__)


def test_commands_that_it_types_exist(tree: ast.Module):
    typed = [words for node in ast.walk(tree) if (words := _words(node, "commande"))]
    assert ["cloud", "estimate"] in [words[:2] for words in typed]
    context = click.Context(cli)
    for words in typed:
        group = cli.get_command(context, words[0])
        assert isinstance(group, click.Group), words
        assert group.get_command(context, words[1]), words


def test_nothing_is_downloaded_but_the_package_where_it_is_missing(code: list[Any]):
    sources = "\n".join(cell.source for cell in code)
    assert not re.search(r"urlretrieve|requests\.|wget|curl|^[!%]", sources, re.MULTILINE)
    assert sources.count('"pip"') <= 1


def _modules(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module or ""


def _is(node: ast.Attribute, name: str) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == name


def _words(node: ast.AST, function: str) -> list[str]:
    """Return the words that a call of `function` is given, as far as they are written out."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return []
    if node.func.id != function:
        return []
    return [str(word.value) for word in node.args if isinstance(word, ast.Constant)]
