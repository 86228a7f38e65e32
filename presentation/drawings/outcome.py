"""The end of the third part: PCA, output, resilience."""

from typing import Any

from presentation.charts import Bars, Series, draw_bars
from presentation.curve import Curve, draw_curve
from presentation.drawings.cards import caption, card, remark
from presentation.facts import Facts
from presentation.french import percent
from presentation.paper import Paper
from presentation.setting import Type
from presentation.theme import (
    BODY,
    FIELD,
    FOREST,
    FRUIT,
    FRUIT_PALE,
    HEAD,
    HONEY_PALE,
    INK,
    LEAF,
    LEAF_PALE,
    MIST,
    MONO,
    PAPER,
    STONE,
    Box,
)

Words = dict[str, Any]


def pca(paper: Paper, words: Words, facts: Facts) -> None:
    """The scree, the cumulative variance with its levels, and how it is computed."""
    left, right = FIELD.top(4.3).left(5.3), FIELD.top(4.3).right(6.5)
    caption(paper, left.top(0.3), words["scree"])
    shares = facts.take("pca.scree")
    labels = [percent(shares[0], 1)]
    series = Series(words["series"], shares, labels, LEAF)
    ranks = [str(rank + 1) for rank in range(len(shares))]
    scree = Bars(ranks, [series], words["told_scree"], flat=False)
    draw_bars(paper, Box(left.x, left.y + 0.32, left.w, left.h - 0.32), scree)
    caption(paper, right.top(0.3), words["cumulative"])
    below = Box(right.x, right.y + 0.32, right.w, right.h - 0.32)
    draw_curve(paper, below, _cumulative(words, facts))
    paper.label(FIELD.bottom(0.8), words["note"], Type(BODY, INK), LEAF_PALE)


def _cumulative(words: Words, facts: Facts) -> Curve:
    """The share that the first components explain, and how many each level needs."""
    points = [(rank + 1.0, share) for rank, share in enumerate(facts.take("pca.cumulative"))]
    levels = [
        (facts.take(f"pca.needed.{name}"), facts.take(f"pca.level.{name}"), told)
        for name, told in zip(("low", "middle", "high"), words["marks"], strict=True)
    ]
    return Curve(words["name"], points, levels, tuple(words["titles"]), words["told_curve"])


def output(paper: Paper, words: Words, _facts: Facts) -> None:
    """The tree of the output, and the columns of its matrix."""
    root = Type(HEAD, FOREST, bold=True, font=MONO)
    paper.text(FIELD.top(0.4), words["code_root"], root)
    rows = Box(FIELD.x + 0.35, FIELD.y + 0.55, FIELD.w - 0.35, 2.75).rows(5, 0.1)
    paper.rule(Box(FIELD.x + 0.12, FIELD.y + 0.5, 0.04, 2.55), STONE)
    for row, one in zip(rows, words["files"], strict=True):
        key = "key" in one
        y = row.y + row.h / 2
        paper.rule(Box(FIELD.x + 0.12, y - 0.02, 0.23, 0.04), STONE)
        paper.panel(row, LEAF if key else MIST, radius=0.06)
        tone = PAPER if key else INK
        code = Type(BODY, tone, bold=True, font=MONO, anchor="middle")
        paper.text(Box(row.x + 0.2, row.y, 2.4, row.h), one["code"], code)
        body = Type(BODY, tone, bold=key, anchor="middle")
        paper.text(Box(row.x + 2.6, row.y, row.w - 2.8, row.h), one["body"], body)
    _columns(paper, Box(FIELD.x, FIELD.y + 3.7, FIELD.w, 0.62), words)
    kind = Type(HEAD, LEAF, bold=True)
    paper.text(FIELD.bottom(0.42), words["readers"], kind)


def _columns(paper: Paper, box: Box, words: Words) -> None:
    names = words["code_columns"]
    for index, (place, name) in enumerate(zip(box.columns(len(names), 0.08), names, strict=True)):
        kind = Type(BODY, FOREST, bold=True, align="centre", font=MONO)
        paper.label(place, name, kind, HONEY_PALE if index < 4 else LEAF_PALE)
    below = Box(box.x, box.y + box.h + 0.1, box.w * 0.7, 0.4)
    paper.text(below, words["columns"], Type(BODY, INK))


def resilience(paper: Paper, words: Words, _facts: Facts) -> None:
    """Four measured figures, and what becomes of a photo that nobody can read."""
    places = FIELD.top(3.1).columns(4, 0.22)
    for index, (place, one) in enumerate(zip(places, words["cards"], strict=True)):
        card(paper, place, one, accent=LEAF if index else FRUIT, value_size=44)
    row = Box(FIELD.x, FIELD.y + 3.55, FIELD.w, 0.85).columns(3, 0.7)
    tones = ((FRUIT_PALE, FRUIT), (FRUIT_PALE, FRUIT), (LEAF_PALE, LEAF))
    for index, (place, name, (pale, tone)) in enumerate(
        zip(row, words["flow"], tones, strict=True)
    ):
        paper.label(place, name, Type(BODY, tone, bold=True, align="centre"), pale)
        if index:
            y = place.y + place.h / 2
            paper.arrow((place.x - 0.64, y), (place.x - 0.06, y), STONE, width=3)
    remark(paper, words["note"])
