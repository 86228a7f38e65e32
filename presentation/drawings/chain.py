"""The third part: the chain step by step."""

from itertools import pairwise
from typing import Any

from presentation.facts import Facts
from presentation.paper import Paper
from presentation.setting import Type
from presentation.theme import (
    BODY,
    FIELD,
    FOREST,
    FRUIT,
    HONEY,
    HONEY_PALE,
    INK,
    LEAF,
    MARGIN,
    MIST,
    MONO,
    MUTED,
    NOTE,
    PAPER,
    STONE,
    Box,
)

Words = dict[str, Any]

LANES = Box(MARGIN, FIELD.y + 0.05, FIELD.w, 4.65)
_LABEL = 1.6
"""How wide the lanes' names are."""
_LINKS = ((2, 0.25), (3, 0.6), (4, 0.3), (5, 0.15))
"""Step of the driver, and how far right of its left edge something travels from or to it."""


def chain(paper: Paper, words: Words, _facts: Facts) -> None:
    """Three lanes: what the driver does, what the executors do, what lies in S3."""
    lanes = LANES.rows(3, 0.5)
    for lane, name, tone in zip(lanes, words["lanes"], (FOREST, LEAF, HONEY), strict=True):
        paper.panel(lane, MIST)
        colour = INK if tone == HONEY else PAPER
        paper.label(lane.left(_LABEL), name, Type(BODY, colour, bold=True, align="centre"), tone)
    inner = [Box(lane.x + _LABEL + 0.2, lane.y + 0.15, lane.w - _LABEL - 0.4, lane.h - 0.3)
             for lane in lanes]  # fmt: skip
    driver, workers = _steps(paper, inner, words)
    stores = [
        _store(paper, Box(x, inner[2].y, width, inner[2].h), words["storage"][index])
        for index, (x, width) in enumerate(_spans(workers))
    ]
    _links(paper, driver, workers, stores)
    _tell_links(paper, driver, words["links"])
    paper.text(Box(FIELD.x, FIELD.y + 4.72, FIELD.w, 0.42), words["note"],
               Type(BODY, FRUIT, bold=True, align="centre", anchor="middle"))  # fmt: skip


def _steps(paper: Paper, inner: list[Box], words: Words) -> tuple[list[Box], list[Box]]:
    """Six steps of the driver, and five of the executors, which begin below the third."""
    places = inner[0].columns(6, 0.3)
    for place, name in zip(places, words["driver"], strict=True):
        paper.label(place, name, Type(NOTE, FOREST, bold=True, align="centre"), PAPER, line=FOREST)
    below = inner[1].columns(5, 0.3)
    for place, name in zip(below, words["workers"], strict=True):
        paper.label(place, name, Type(NOTE, LEAF, bold=True, align="centre"), PAPER, line=LEAF)
    for row in (places, below):
        y = row[0].y + row[0].h / 2
        for one, other in pairwise(row):
            paper.arrow((one.x + one.w + 0.03, y), (other.x - 0.03, y), STONE, width=2)
    return places, below


def _spans(workers: list[Box]) -> list[tuple[float, float]]:
    """Below which steps each folder of S3 lies: reading, writing, the matrix."""
    return [
        (workers[0].x, workers[0].w),
        (workers[2].x, workers[2].w),
        (workers[4].x, workers[4].w),
    ]


def _store(paper: Paper, box: Box, name: str) -> Box:
    kind = Type(BODY, INK, bold=True, align="centre", font=MONO)
    paper.label(box, name, kind, HONEY_PALE, line=HONEY)
    return box


def _links(paper: Paper, driver: list[Box], workers: list[Box], stores: list[Box]) -> None:
    """Broadcast down, receipts up, moments up, photos and results between executors and S3."""

    def across(upper: Box, lower: Box, x: float, tone: str, *, down: bool) -> None:
        above, below = (x, upper.y + upper.h + 0.03), (x, lower.y - 0.03)
        start, end = (above, below) if down else (below, above)
        paper.arrow(start, end, tone, width=2.5)

    across(driver[2], workers[1], driver[2].x + _LINKS[0][1], FRUIT, down=True)
    across(driver[3], workers[2], driver[3].x + _LINKS[1][1], LEAF, down=False)
    across(driver[4], workers[3], driver[4].x + _LINKS[2][1], LEAF, down=False)
    across(driver[5], workers[4], driver[5].x + _LINKS[3][1], FRUIT, down=True)
    across(workers[0], stores[0], stores[0].x + stores[0].w / 2, LEAF, down=False)
    across(workers[2], stores[1], stores[1].x + stores[1].w / 2, LEAF, down=True)
    across(workers[4], stores[2], stores[2].x + stores[2].w / 2, LEAF, down=True)
    paper.arrow((stores[1].x + stores[1].w + 0.05, stores[1].y + 0.1),
                (workers[3].x + workers[3].w / 2, workers[3].y + workers[3].h + 0.03), LEAF,
                width=2.5)  # fmt: skip


def _tell_links(paper: Paper, driver: list[Box], names: list[str]) -> None:
    """Name what travels between the driver and the executors."""
    y = driver[0].y + driver[0].h + 0.25
    for (place, aside), name in zip(_LINKS, names, strict=True):
        x = driver[place].x + aside
        paper.text(Box(x + 0.1, y, 1.4, 0.26), name, Type(13, MUTED, bold=True))
