"""The last parts: demonstration, comparison, critical review, synthesis."""

from itertools import accumulate
from typing import Any

from presentation.charts import Bars, Series, draw_bars
from presentation.drawings.cards import caption, points, remark
from presentation.drawings.tables import Columns, draw_table
from presentation.facts import Facts
from presentation.french import NBSP, number
from presentation.paper import Paper
from presentation.setting import Type
from presentation.theme import (
    BODY,
    FIELD,
    FOREST,
    FRUIT,
    FRUIT_PALE,
    HEAD,
    LEAF,
    LEAF_PALE,
    MIST,
    MONO,
    NOTE,
    PAPER,
    STONE,
    Box,
)
from presentation.timing import PARTS

Words = dict[str, Any]


def demonstration(paper: Paper, words: Words, _facts: Facts) -> None:
    """A line of time with its steps, and the way out where there is no network."""
    steps = words["steps"]
    seconds = [one["seconds"] for one in steps]
    if sum(seconds) != (given := {part.key: part.seconds for part in PARTS}["demonstration"]):
        raise ValueError(f"the steps take {sum(seconds)} s, the demonstration has {given}")
    places = FIELD.top(2.9).columns(len(steps), 0.18)
    paper.rule(Box(FIELD.x, FIELD.y + 0.5, FIELD.w, 0.06), STONE)
    for place, one, end in zip(places, steps, accumulate(seconds), strict=True):
        begin = end - one["seconds"]
        clock = f"{begin // 60}:{begin % 60:02d}"
        pill = Box(place.x, FIELD.y + 0.3, 0.85, 0.44)
        paper.pill(pill, clock, Type(BODY, PAPER, bold=True), FRUIT)
        _step(paper, Box(place.x, place.y + 0.95, place.w, 2.15), one)
    box = Box(FIELD.x, FIELD.y + 3.35, FIELD.w, 1.3)
    paper.panel(box, FRUIT_PALE)
    paper.text(Box(box.x + 0.25, box.y + 0.12, box.w - 0.5, 0.7), words["backup"], Type(BODY))
    code = Type(NOTE, FOREST, bold=True, font=MONO)
    paper.text(Box(box.x + 0.25, box.y + 0.88, box.w - 0.5, 0.32), words["code_backup"], code)
    remark(paper, words["note"])


def _step(paper: Paper, box: Box, one: dict[str, str]) -> None:
    paper.panel(box, MIST)
    inside = box.inset(0.15, 0.12)
    paper.text(inside.top(0.36), one["head"], Type(HEAD, FOREST, bold=True))
    code = Type(12, LEAF, bold=True, font=MONO)
    paper.text(Box(inside.x, inside.y + 0.42, inside.w + 0.1, 0.28), one["code"], code)
    paper.text(Box(inside.x, inside.y + 0.76, inside.w, inside.h - 0.76), one["body"], Type(16))


def comparison(paper: Paper, words: Words, facts: Facts) -> None:
    """Seconds of every chain, ours in green."""
    caption(paper, FIELD.top(0.3), words["chart"])
    values = facts.take("bench.seconds")
    names = words["categories"]
    tones = [FRUIT] * 2 + [STONE] * (len(values) - 4) + [LEAF] * 2
    labels = [f"{number(value)}{NBSP}{words['unit']}" for value in values]
    series = Series(words["series"], values, labels, colours=tones)
    chart = Box(FIELD.x, FIELD.y + 0.35, FIELD.w, 4.3)
    draw_bars(paper, chart, Bars(names, [series], words["told"]))
    remark(paper, words["note"])


def review(paper: Paper, words: Words, facts: Facts) -> None:
    """What breaks at scale, in numbers; and our own weaknesses."""
    left, right = FIELD.left(7.75), FIELD.right(4.1)
    caption(paper, left.top(0.3), words["chart"])
    steps = ("theirs", "once", "onnx", "direct")
    values = [facts.take(f"bench.features.{step}") for step in steps]
    labels = [f"{number(value)}{NBSP}{words['unit']}" for value in values]
    series = Series(words["series"], values, labels, colours=(FRUIT, STONE, STONE, LEAF))
    chart = Box(left.x, left.y + 0.3, left.w, 2.3)
    draw_bars(paper, chart, Bars(words["categories"], [series], words["told"]))
    rows = [words["header"], *words["rows"]]
    columns = Columns((3.75, 1.5, 1.3, 1.2), right=(1, 2, 3), strong=2)
    draw_table(paper, left.bottom(2.5), rows, columns)
    paper.panel(right, FRUIT_PALE)
    inside = right.inset(0.25, 0.2)
    paper.text(inside.top(0.4), words["ours"], Type(HEAD, FRUIT, bold=True))
    below = Box(inside.x, inside.y + 0.55, inside.w, inside.h - 0.55)
    points(paper, below, words["points"], colour=FRUIT)


def synthesis(paper: Paper, words: Words, _facts: Facts) -> None:
    """Three columns: what is there, what is not, what comes next."""
    tones = ((LEAF, LEAF_PALE), (FRUIT, FRUIT_PALE), (FOREST, MIST))
    places = FIELD.top(4.3).columns(3, 0.25)
    for place, one, (tone, pale) in zip(places, words["columns"], tones, strict=True):
        paper.panel(place, pale)
        paper.label(place.top(0.6), one["head"], Type(HEAD, PAPER, bold=True, align="centre"), tone)
        inside = Box(place.x + 0.22, place.y + 0.82, place.w - 0.4, place.h - 0.95)
        points(paper, inside, one["points"], colour=tone)
    thanks = Type(HEAD, LEAF, bold=True, align="centre", anchor="middle")
    paper.text(FIELD.bottom(0.6), words["thanks"], thanks)
