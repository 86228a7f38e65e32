"""Texts and facts → the whole deck, slide by slide, with notes and their times."""

import io
from collections.abc import Callable
from typing import Any, Final

from presentation import timing
from presentation.content import Slide, read_slides
from presentation.drawings.architecture import architecture
from presentation.drawings.chain import chain
from presentation.drawings.ending import comparison, demonstration, review, synthesis
from presentation.drawings.environment import bricks, costs, databricks, launch, regions
from presentation.drawings.network import broadcast, preparation
from presentation.drawings.outcome import output, pca, resilience
from presentation.drawings.problem import cover, dataset, mission, volume
from presentation.facts import Facts
from presentation.paper import Paper
from presentation.stationery import empty_deck, furnish, new_slide

Drawing = Callable[[Paper, dict[str, Any], Facts], None]

DRAWINGS: Final[dict[str, Drawing]] = {
    drawing.__name__: drawing
    for drawing in (
        cover, mission, dataset, volume,
        architecture, bricks, regions, launch, costs, databricks,
        chain, preparation, broadcast, pca, output, resilience,
        demonstration, comparison, review, synthesis,
    )
}  # fmt: skip


def build(facts: Facts) -> bytes:
    """Return the deck as the bytes of a .pptx.

    Raises ValueError for a slide's text that is wrong, times that do not add up, text that does not
    fit, or facts that no slide uses.
    """
    slides = read_slides(facts)
    timing.check([(timing.PARTS[slide.part].key, slide.seconds) for slide in slides])
    deck = empty_deck()
    for number, slide in enumerate(slides, 1):
        _draw(deck, slide, number, facts)
    facts.take("run.started")  # the file's own date
    if unused := facts.unused():
        raise ValueError(f"facts that no slide uses: {', '.join(unused)}: do not collect them")
    _describe(deck)
    file = io.BytesIO()
    deck.save(file)
    return file.getvalue()


def _draw(deck: Any, slide: Slide, number: int, facts: Facts) -> None:  # noqa: ANN401
    paper = new_slide(deck, slide.name, slide.title)
    DRAWINGS[slide.name](paper, slide.words, facts)
    if number > 1:
        furnish(paper, slide.part, number)
    notes = f"{timing.line(slide.seconds)}\n\n{slide.notes}"
    paper.slide.notes_slide.notes_text_frame.text = notes


def _describe(deck: Any) -> None:  # noqa: ANN401
    about = deck.core_properties
    about.title, about.language, about.author = "Fruits! : soutenance", "fr-FR", "Fruits!"
    about.keywords, about.last_modified_by = "Spark, ACP, S3", "Fruits!"
    about.comments = "Construit par python -m presentation"
