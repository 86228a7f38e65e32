"""The second part: bricks, regions, launching, costs, Databricks."""

from typing import Any

from presentation.charts import Bars, Series, draw_bars
from presentation.drawings.cards import caption, card, remark
from presentation.drawings.tables import Columns, draw_table
from presentation.facts import Facts
from presentation.french import euros, number
from presentation.paper import Paper
from presentation.setting import Type
from presentation.theme import (
    BODY,
    FIELD,
    FOREST,
    FRUIT,
    FRUIT_PALE,
    HEAD,
    HONEY,
    LEAF,
    LEAF_PALE,
    MIST,
    MONO,
    NOTE,
    STONE,
    Box,
)

Words = dict[str, Any]


def bricks(paper: Paper, words: Words, _facts: Facts) -> None:
    """A table: brick, role, cost while idle."""
    rows = [words["header"], *words["rows"]]
    draw_table(paper, FIELD.top(4.5), rows, Columns((2.3, 7.2, 2.5)))
    remark(paper, words["note"])


def regions(paper: Paper, words: Words, facts: Facts) -> None:
    """The regions that are admitted, those that are refused, and four rules."""
    paper.text(FIELD.top(0.4), words["open"], Type(HEAD, LEAF, bold=True))
    row = Box(FIELD.x, FIELD.y + 0.48, 8.5, 1.1)
    codes = facts.take("cloud.regions")
    for place, name, code in zip(row.columns(6, 0.12), words["places"], codes, strict=True):
        paper.label(
            place, f"**{name}**\n{code}", Type(13, FOREST, align="centre"), LEAF_PALE, line=LEAF
        )
    side = Box(FIELD.x + 8.85, FIELD.y, FIELD.w - 8.85, 0.4)
    paper.text(side, words["shut"], Type(NOTE, FRUIT, bold=True, anchor="middle"))
    refused = Box(side.x, row.y, side.w, row.h)
    for place, name in zip(refused.columns(2, 0.12), words["outside"], strict=True):
        kind = Type(BODY, FRUIT, bold=True, align="centre")
        paper.label(place, name, kind, FRUIT_PALE, line=FRUIT)
    cards = Box(FIELD.x, FIELD.y + 2.0, FIELD.w, 2.35).columns(4, 0.22)
    for place, one in zip(cards, words["cards"], strict=True):
        card(paper, place, one)
    remark(paper, words["note"])


def launch(paper: Paper, words: Words, _facts: Facts) -> None:
    """Four commands in a row, four brakes below."""
    places = FIELD.top(2.05).columns(4, 0.42)
    for index, (place, one) in enumerate(zip(places, words["steps"], strict=True)):
        paper.panel(place, MIST)
        head = place.top(0.62)
        code = Type(14, "FFFFFF", bold=True, align="centre", font=MONO)
        paper.label(head, one["code"], code, FOREST)
        below = Box(place.x + 0.2, place.y + 0.78, place.w - 0.4, place.h - 0.85)
        paper.text(below, one["body"], Type(BODY))
        if index:
            y = place.y + place.h / 2
            paper.arrow((place.x - 0.38, y), (place.x - 0.05, y), LEAF, width=3)
    paper.text(
        Box(FIELD.x, FIELD.y + 2.42, FIELD.w, 0.4), words["brakes"], Type(HEAD, FRUIT, bold=True)
    )
    brakes = Box(FIELD.x, FIELD.y + 2.92, FIELD.w, 1.9).columns(4, 0.25)
    for place, one in zip(brakes, words["cards"], strict=True):
        card(paper, place, one, accent=FRUIT, value_size=36)


def costs(paper: Paper, words: Words, facts: Facts) -> None:
    """Euros by target and volume, and the worst case."""
    left, right = FIELD.left(8.2), FIELD.right(3.6)
    caption(paper, left.top(0.3), words["chart"])
    names = ("ec2", "emr-serverless", "emr")
    series = []
    for name, target, tone in zip(names, words["targets"], (STONE, LEAF, HONEY), strict=True):
        values = facts.take(f"cloud.euros.{name}")
        series.append(Series(target, values, [euros(value) for value in values], tone))
    volumes = [f"{number(n)} {words['photos']}" for n in facts.take("cloud.volumes")]
    chart = Box(left.x, left.y + 0.35, left.w, 4.1)
    draw_bars(paper, chart, Bars(volumes, series, words["told"], flat=False))
    for place, one in zip(right.top(4.4).rows(2, 0.25), words["cards"], strict=True):
        card(paper, place, one, value_size=40)
    remark(paper, words["note"])


def databricks(paper: Paper, words: Words, _facts: Facts) -> None:
    """A table of two platforms."""
    rows = [words["header"], *words["rows"]]
    draw_table(paper, FIELD.top(4.4), rows, Columns((1.7, 5.0, 5.6)))
    kind = Type(HEAD, FRUIT, bold=True, align="centre")
    paper.label(FIELD.bottom(0.6), words["note"], kind, FRUIT_PALE)
