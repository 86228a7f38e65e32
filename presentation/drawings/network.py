"""The third part: the preparation of images, and the broadcast of the network."""

from typing import Any

from presentation.charts import Bars, Series, draw_bars
from presentation.drawings.cards import caption, card
from presentation.facts import Facts
from presentation.french import percent
from presentation.paper import Paper
from presentation.pictures import fruit_picture
from presentation.setting import Type
from presentation.theme import (
    BODY,
    CODE,
    DEW,
    FIELD,
    FRUIT,
    FRUIT_PALE,
    HEAD,
    HONEY,
    INK,
    LEAF,
    LEAF_PALE,
    MIST,
    MONO,
    NIGHT,
    PAPER,
    STONE,
    Box,
)

Words = dict[str, Any]


def preparation(paper: Paper, words: Words, facts: Facts) -> None:
    """A photo on its way to numbers; where the executors' time goes; three figures."""
    row = FIELD.top(1.2)
    paper.picture(row.left(1.2), fruit_picture("Orange", 2), words["told"])
    places = Box(row.x + 1.6, row.y, row.w - 1.6, row.h).columns(5, 0.4)
    for index, (place, name) in enumerate(zip(places, words["steps"], strict=True)):
        last, network = index == 4, index == 3
        tone = LEAF if network else FRUIT_PALE if last else LEAF_PALE
        kind = Type(BODY, PAPER if network else INK, bold=True, align="centre")
        paper.label(place, name, kind, tone)
        y = place.y + place.h / 2
        paper.arrow((place.x - 0.36, y), (place.x - 0.05, y), STONE, width=2.5)
    left = Box(FIELD.x, FIELD.y + 1.55, 7.6, 3.6)
    caption(paper, left.top(0.3), words["chart"])
    shares = facts.take("run.work.shares")
    tones = [LEAF, *[STONE] * (len(shares) - 1)]
    series = Series(words["series"], shares, [percent(s, 1) for s in shares], colours=tones)
    chart = Box(left.x, left.y + 0.3, left.w, 3.35)
    draw_bars(paper, chart, Bars(words["categories"], [series], words["told"]))
    right = Box(FIELD.x + 8.0, left.y, FIELD.w - 8.0, left.h + 0.05)
    for place, one in zip(right.rows(3, 0.16), words["cards"], strict=True):
        card(paper, place, one, value_size=28)


def broadcast(paper: Paper, words: Words, _facts: Facts) -> None:
    """Two pieces of code side by side, and what differs between them."""
    for place, side, tone, pale in zip(
        FIELD.top(4.2).columns(2, 0.35), ("left", "right"), (FRUIT, LEAF), (FRUIT_PALE, LEAF_PALE),
        strict=True,
    ):  # fmt: skip
        paper.text(place.top(0.4), words[side], Type(HEAD, tone, bold=True))
        code = Box(place.x, place.y + 0.5, place.w, 2.15)
        paper.panel(code, NIGHT)
        paper.text(
            code.inset(0.22, 0.2), words[f"code_{side}"], Type(CODE, DEW, font=MONO, strong=HONEY)
        )
        below = Box(place.x, place.y + 2.85, place.w, 1.05)
        paper.label(below, words[f"{side}_note"], Type(BODY, INK), pale)
    paper.label(FIELD.bottom(0.85), words["onnx"], Type(BODY, INK), MIST)
