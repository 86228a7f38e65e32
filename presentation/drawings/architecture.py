"""The architecture in the cloud, drawn with native shapes."""

from typing import Any

from presentation.facts import Facts
from presentation.paper import Paper
from presentation.setting import Type
from presentation.theme import (
    BODY,
    FOREST,
    FRUIT,
    FRUIT_PALE,
    HONEY,
    HONEY_PALE,
    INK,
    LEAF,
    LEAF_PALE,
    MARGIN,
    MIST,
    MONO,
    MUTED,
    NOTE,
    PAPER,
    STONE,
    WIDTH,
    Box,
)

Words = dict[str, Any]

REGION = Box(3.75, 1.5, WIDTH - MARGIN - 3.75, 5.3)
LAPTOP = Box(MARGIN, 2.25, 2.3, 1.55)
BUCKET = Box(4.05, 2.4, 2.55, 3.0)
NETWORK = Box(7.9, 2.25, 4.55, 3.45)
DRIVER = Box(8.15, 2.75, 4.05, 0.85)
WORKERS = Box(8.15, 4.3, 4.05, 0.62)


def architecture(paper: Paper, words: Words, _facts: Facts) -> None:
    """A laptop, and a region with a bucket, a private network, roles and guards."""
    paper.panel(REGION, MIST, line=LEAF, radius=0.2)
    paper.text(Box(4.05, 1.66, 6, 0.36), words["region"], Type(BODY, LEAF, bold=True))
    _laptop(paper, words)
    _bucket(paper, words)
    _network(paper, words)
    _guards(paper, words)


def _laptop(paper: Paper, words: Words) -> None:
    kind = Type(NOTE, INK, align="centre")
    below = Box(MARGIN, 4.25, LAPTOP.w, 2.55).rows(2, 0.25)
    paper.label(below[0], words["refused"], kind.with_(colour=FRUIT), FRUIT_PALE)
    paper.label(below[1], words["honest"], kind, MIST)

    paper.label(LAPTOP, words["laptop"], kind, PAPER, line=STONE)
    code = Box(MARGIN - 0.1, LAPTOP.y - 0.42, 2.5, 0.3)
    paper.text(code, words["code_submit"], Type(13, FOREST, bold=True, align="centre", font=MONO))
    y = LAPTOP.y + LAPTOP.h / 2
    paper.arrow((LAPTOP.x + LAPTOP.w + 0.06, y), (BUCKET.x - 0.06, y), FRUIT, width=3)


def _bucket(paper: Paper, words: Words) -> None:
    paper.panel(BUCKET, PAPER, line=FOREST)
    head = Box(BUCKET.x + 0.15, BUCKET.y + 0.12, BUCKET.w - 0.3, 0.36)
    paper.text(head, words["bucket"], Type(BODY, FOREST, bold=True))
    inside = Box(BUCKET.x + 0.15, BUCKET.y + 0.6, BUCKET.w - 0.3, 2.25)
    for row, one in zip(inside.rows(4, 0.1), words["prefixes"], strict=True):
        paper.panel(row, LEAF_PALE, radius=0.05)
        code = Type(13, FOREST, bold=True, font=MONO, anchor="middle")
        paper.text(Box(row.x + 0.1, row.y, 0.95, row.h), one["code"], code)
        paper.text(
            Box(row.x + 1.05, row.y, row.w - 1.1, row.h), one["body"], Type(12, anchor="middle")
        )


def _network(paper: Paper, words: Words) -> None:
    paper.panel(NETWORK, PAPER, line=STONE)
    head = Box(NETWORK.x + 0.25, NETWORK.y + 0.1, NETWORK.w - 0.4, 0.34)
    paper.text(head, words["network"], Type(NOTE, MUTED, bold=True))
    paper.label(DRIVER, words["driver"], Type(NOTE, PAPER, align="centre"), FOREST)
    for place in WORKERS.columns(3, 0.15):
        paper.label(place, words["executor"], Type(NOTE, PAPER, align="centre"), LEAF)
        x = place.x + place.w / 2
        paper.arrow((x, DRIVER.y + DRIVER.h + 0.03), (x, place.y - 0.03), HONEY, width=2.5)
    tag = Box(DRIVER.x + 1.05, DRIVER.y + DRIVER.h + 0.17, 1.95, 0.32)
    paper.pill(tag, words["broadcast"], Type(12, INK, bold=True), HONEY_PALE)
    engines = Box(WORKERS.x, WORKERS.y + WORKERS.h + 0.2, WORKERS.w, 0.34)
    paper.text(engines, words["engines"], Type(NOTE, MUTED, align="centre"))
    _gateway(paper, words)


def _gateway(paper: Paper, words: Words) -> None:
    start, end = BUCKET.x + BUCKET.w + 0.05, WORKERS.x - 0.05
    y = WORKERS.y + WORKERS.h / 2
    paper.arrow((start, y - 0.1), (end, y - 0.1), LEAF, width=2.5)
    paper.arrow((end, y + 0.1), (start, y + 0.1), LEAF, width=2.5)
    paper.text(Box(start, y - 0.72, 1.25, 0.55), words["gateway"],
               Type(12, LEAF, bold=True, align="centre", anchor="bottom"))  # fmt: skip


def _guards(paper: Paper, words: Words) -> None:
    left, right = Box(4.05, 5.98, 8.4, 0.58).columns(2, 0.25)
    paper.label(left, words["iam"], Type(NOTE, FOREST, bold=True, align="centre"), LEAF_PALE)
    paper.label(right, words["guards"], Type(NOTE, FRUIT, bold=True, align="centre"), FRUIT_PALE)
