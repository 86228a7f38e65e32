"""The first part: cover, mission, data set, volume."""

from typing import Any

from presentation.charts import Bars, Series, draw_bars
from presentation.drawings.cards import caption, card, figure, remark
from presentation.facts import Facts
from presentation.french import NBSP, duration, number
from presentation.paper import Paper, emu
from presentation.pictures import fruit_picture
from presentation.setting import Type, write
from presentation.stationery import fill_background
from presentation.theme import (
    BODY,
    DEW,
    FIELD,
    FOREST,
    FRUIT,
    HEAD,
    INSIDE,
    LEAF,
    MARGIN,
    MUTED,
    NOTE,
    PAPER,
    STONE,
    WIDTH,
    Box,
)
from presentation.timing import PARTS, TOTAL

Words = dict[str, Any]

BASKET = (("Apple Red", 2), ("Lemon", 3), ("Pear", 5), ("Kiwi", 4), ("Orange", 2), ("Grape", 3),
          ("Strawberry", 4), ("Banana", 6), ("Cherry", 4), ("Pineapple", 2), ("Blueberry", 3),
          ("Watermelon", 2))  # fmt: skip
"""Species and the number of the picture: twelve for the cover."""


def cover(paper: Paper, words: Words, _facts: Facts) -> None:
    """Fruit on the right, the title on the left, the plan to scale below."""
    fill_background(paper, FOREST)
    paper.text(Box(MARGIN, 0.75, 6, 0.9), words["brand"], Type(48, PAPER, bold=True))
    _move_title(paper, Box(MARGIN, 1.85, 6.9, 1.6))
    paper.text(Box(MARGIN, 3.8, 6.6, 1.0), words["subtitle"], Type(BODY, DEW))
    side, gap, left, top = 1.2, 0.1, WIDTH - MARGIN - 4 * 1.2 - 3 * 0.1, 0.6
    for index, (species, which) in enumerate(BASKET):
        place = Box(left + index % 4 * (side + gap), top + index // 4 * (side + gap), side, side)
        paper.picture(place, fruit_picture(species, which), words["told"])
    paper.text(
        Box(left, 4.5, 4 * side + 3 * gap, 0.3), words["caption"], Type(12, DEW, align="right")
    )
    _plan(paper, Box(MARGIN, 5.45, INSIDE, 1.3))


def _move_title(paper: Paper, box: Box) -> None:
    title = paper.slide.shapes.title
    words, kind = title.text_frame.text, Type(34, PAPER, bold=True)
    title.text_frame.clear()
    title.left, title.top, title.width, title.height = emu(box)
    write(title.text_frame, words, kind)


def _plan(paper: Paper, box: Box) -> None:
    """The parts; the longer they are, the wider, but each wide enough for its name."""
    left, tones = box.x, ("F3C9A8", LEAF, "6FB889", FRUIT, "F3C9A8")
    for part, tone in zip(PARTS, tones, strict=True):
        width = box.w * (part.seconds / TOTAL + 1 / len(PARTS)) / 2
        place = Box(left, box.y, width - 0.08, box.h)
        paper.rule(place.top(0.12), tone)
        paper.text(
            Box(left, box.y + 0.22, width - 0.12, 0.62), part.name, Type(15, PAPER, bold=True)
        )
        paper.text(
            Box(left, box.y + 0.86, width - 0.12, 0.3), duration(part.seconds), Type(15, DEW)
        )
        left += width


def mission(paper: Paper, words: Words, _facts: Facts) -> None:
    """Photos → our brick → an engine to come → an application and robots."""
    middle, high = FIELD.y + 2.5, 2.9
    photo = Box(MARGIN, middle - 1.15, 2.0, 2.0)
    paper.picture(photo, fruit_picture("Apple Red", 2), words["told"])
    under = Box(MARGIN, middle + 0.92, 2.0, 0.35)
    paper.text(under, words["photo"], Type(BODY, bold=True, align="centre"))
    brick = Box(3.2, middle - high / 2, 3.05, high)
    paper.panel(brick, LEAF)
    paper.text(
        brick.inset(0.2, 0.3), words["brick"], Type(HEAD, PAPER, align="centre", anchor="middle")
    )
    tag = Box(brick.x + 0.75, brick.y - 0.24, 1.6, 0.44)
    paper.label(tag, words["here"], Type(NOTE, PAPER, bold=True, align="centre"), FRUIT)
    engine = Box(6.85, middle - 0.75, 2.15, 1.5)
    paper.label(
        engine, words["engine"], Type(BODY, MUTED, bold=True, align="centre"), PAPER, line=STONE
    )
    later = Box(engine.x, engine.y + engine.h + 0.08, engine.w, 0.3)
    paper.text(later, words["later"], Type(NOTE, MUTED, align="centre"))
    paper.arrow((2.7, middle), (brick.x - 0.08, middle), LEAF, width=3)
    paper.arrow((brick.x + brick.w + 0.08, middle), (engine.x - 0.06, middle), LEAF, width=3)
    ends = Box(9.5, FIELD.y + 0.4, WIDTH - MARGIN - 9.5, 4.2).rows(2, 0.3)
    for place, outcome in zip(ends, words["outcomes"], strict=True):
        card(paper, place, outcome, accent=FRUIT)
        paper.arrow((engine.x + engine.w + 0.05, middle), (place.x - 0.08, place.y + place.h / 2),
                    STONE, width=2.5, dashed=True)  # fmt: skip


def dataset(paper: Paper, words: Words, facts: Facts) -> None:
    """Counts on the left, what the data do not say on the right."""
    left, right = FIELD.left(5.2), FIELD.right(6.45)
    for place, one in zip(left.top(1.35).columns(2), words["figures"], strict=True):
        figure(paper, place, one, size=36, colour=LEAF)
    caption(paper, Box(left.x, left.y + 1.65, left.w, 0.3), words["chart"])
    values = [facts.take("data.training"), facts.take("data.test")]
    series = Series(words["series"], values, [number(v) for v in values], colours=(LEAF, STONE))
    chart = Box(left.x, left.y + 1.95, left.w, 2.6)
    draw_bars(paper, chart, Bars(words["categories"], [series], words["told"]))
    paper.text(right.top(0.4), words["limits"], Type(HEAD, FRUIT, bold=True))
    places = Box(right.x, right.y + 0.5, right.w, 4.25).rows(3, 0.16)
    for place, one in zip(places, words["cards"], strict=True):
        card(paper, place, one, accent=FRUIT)
    remark(paper, words["source"])


def volume(paper: Paper, words: Words, facts: Facts) -> None:
    """Hours by volume, prolonged; what a second core and a cluster change."""
    left, right = FIELD.left(7.1), FIELD.right(4.6)
    caption(paper, left.top(0.55), words["chart"])
    series = [
        Series(
            words[who],
            hours,
            [f"{number(h, int(h < 10))}{NBSP}{words['hours']}" for h in hours],
            tone,
        )
        for who, tone in (("theirs", STONE), ("ours", LEAF))
        for hours in [[facts.take(f"growth.{who}.hours.{place}") for place in ("first", "second")]]
    ]
    chart = Box(left.x, left.y + 0.55, left.w, 4.6)
    draw_bars(paper, chart, Bars(words["categories"], series, words["told"], flat=False))
    for place, one in zip(right.rows(3, 0.18), words["cards"], strict=True):
        card(paper, place, one, accent=LEAF, value_size=32)
