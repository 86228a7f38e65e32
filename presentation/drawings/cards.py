"""Cards: a figure or a heading, and a sentence, on a pale panel."""

from collections.abc import Mapping, Sequence
from typing import Final

from presentation.paper import Paper
from presentation.setting import Type
from presentation.theme import (
    BODY,
    FIELD,
    FOREST,
    FRUIT,
    HEAD,
    LEAF,
    MIST,
    MUTED,
    NOTE,
    Box,
)

PAD: Final = 0.22


def card(paper: Paper, box: Box, words: Mapping[str, str], *, accent: str = LEAF,
         value_size: float = 34.0) -> None:  # fmt: skip
    """Draw one card: `value` (large), `head` (bold) and `body`, those that there are."""
    paper.panel(box, MIST)
    paper.rule(Box(box.x, box.y + 0.12, 0.07, box.h - 0.24), accent)
    inside = Box(box.x + PAD + 0.05, box.y + 0.14, box.w - 2 * PAD, box.h - 0.28)
    top = inside.y
    for key, size, colour in (("value", value_size, accent), ("head", HEAD, FOREST)):
        if key in words:
            height = size * 1.3 / 72
            kind = Type(size, colour, bold=True)
            paper.text(Box(inside.x, top, inside.w, height), words[key], kind)
            top += height + 0.02
    rest = Box(inside.x, top, inside.w, inside.y + inside.h + 0.08 - top)
    paper.text(rest, words["body"], Type(BODY))


def figure(paper: Paper, box: Box, words: Mapping[str, str], *, size: float = 44.0,
           colour: str = FRUIT) -> None:  # fmt: skip
    """Draw a figure with its words beneath it."""
    paper.text(box.top(size * 1.25 / 72), words["value"], Type(size, colour, bold=True))
    top = box.y + size * 1.25 / 72
    below = Box(box.x, top, box.w, box.y + box.h - top)
    paper.text(below, words["body"], Type(BODY))


def points(paper: Paper, box: Box, lines: Sequence[str], *, size: float = BODY,
           colour: str = LEAF) -> None:  # fmt: skip
    """Draw short sentences below each other, each with a coloured mark."""
    for row, line in zip(box.rows(len(lines), 0.1), lines, strict=True):
        paper.panel(Box(row.x, row.y + 0.09, 0.12, 0.12), colour, radius=0.06)
        paper.text(Box(row.x + 0.28, row.y, row.w - 0.28, row.h), line, Type(size))


def caption(paper: Paper, box: Box, words: str) -> None:
    """Write what a chart shows, above it."""
    paper.text(box, words, Type(NOTE, MUTED, bold=True))


def remark(paper: Paper, words: str, *, box: Box | None = None) -> None:
    """Write a remark at the foot of the field."""
    paper.text(box or FIELD.bottom(0.5), words, Type(NOTE, MUTED, anchor="bottom"))
