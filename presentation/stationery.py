"""The empty deck: 16:9, our colours and type in its theme, one layout with a title."""

import re
from typing import Any, Final

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.opc.constants import RELATIONSHIP_TYPE as RELATION
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Inches

from presentation.paper import Paper, emu
from presentation.setting import Type, check_fit, write
from presentation.theme import (
    FONT,
    FOREST,
    FRUIT,
    HEIGHT,
    HONEY,
    INK,
    INSIDE,
    LEAF,
    LINE,
    MARGIN,
    MIST,
    MUTED,
    NOTE,
    STONE,
    TITLE,
    WIDTH,
    Box,
)
from presentation.timing import PARTS, TOTAL

TITLE_BOX: Final = Box(MARGIN, 0.6, INSIDE, 0.6)
_KICKER: Final = Box(MARGIN, 0.3, INSIDE, 0.3)
_FOOT: Final = 7.02
_COLOURS: Final = {
    "dk1": INK, "lt1": "FFFFFF", "dk2": FOREST, "lt2": MIST, "accent1": LEAF, "accent2": FRUIT,
    "accent3": HONEY, "accent4": STONE, "accent5": FOREST, "accent6": MUTED,
}  # fmt: skip
_TITLE_ONLY: Final = "Title Only"


def empty_deck() -> Any:  # noqa: ANN401
    """Return a presentation without slides, with our theme and the layout of all slides."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    _recolour(deck)
    for layout in [each for each in deck.slide_layouts if each.name != _TITLE_ONLY]:
        deck.slide_layouts.remove(layout)
    for holder in (deck.slide_master, deck.slide_layouts[0]):
        _lay_out(holder)
    return deck


def _recolour(deck: Any) -> None:  # noqa: ANN401
    """Put our fonts and colours into the theme, so that what a reader adds looks like the rest."""
    part = deck.slide_master.part.part_related_by(RELATION.THEME)
    text = part.blob.decode()
    text = re.sub(r'(<a:(?:major|minor)Font>\s*<a:latin typeface=")[^"]*', rf"\g<1>{FONT}", text)
    for name, colour in _COLOURS.items():
        plain = f'<a:{name}><a:srgbClr val="{colour}"/></a:{name}>'
        text = re.sub(rf"<a:{name}>.*?</a:{name}>", plain, text, flags=re.DOTALL)
    part._blob = text.encode()


def _lay_out(holder: Any) -> None:  # noqa: ANN401
    """Place the title where ours is, and drop the other placeholders of a layout or master."""
    for shape in list(holder.placeholders):
        if shape.placeholder_format.type is not None and shape.placeholder_format.idx == 0:
            shape.left, shape.top, shape.width, shape.height = emu(TITLE_BOX)
        else:
            shape._element.getparent().remove(shape._element)


def new_slide(deck: Any, name: str, title: str) -> Paper:  # noqa: ANN401
    """Add a slide and write its title."""
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    check_fit(title, TITLE_BOX, kind := Type(TITLE, FOREST, bold=True), where=name)
    write(slide.shapes.title.text_frame, title, kind)
    slide.name = name
    return Paper(slide, name)


def furnish(paper: Paper, part: int, number: int) -> None:
    """Add the part's name, how far the defence is, and the slide's number."""
    kicker = Type(NOTE, LEAF, bold=True)
    paper.text(_KICKER, PARTS[part].name, kicker)
    left, width = MARGIN, INSIDE - 0.9
    for index, each in enumerate(PARTS):
        share = width * each.seconds / TOTAL
        colour = LEAF if index == part else LINE if index > part else STONE
        paper.rule(Box(left, _FOOT + 0.1, share - 0.06, 0.07), colour)
        left += share
    _number(paper, number)


def _number(paper: Paper, number: int) -> None:
    """Write the slide's number as a field, which follows the slide when it is moved."""
    box = Box(WIDTH - MARGIN - 0.7, _FOOT - 0.04, 0.7, 0.34)
    shape = paper.slide.shapes.add_textbox(*emu(box))
    frame = shape.text_frame
    write(frame, "", Type(NOTE, MUTED, align="right", anchor="middle"))
    field = parse_xml(
        f'<a:fld {nsdecls("a")} id="{{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}}" type="slidenum">'
        f'<a:rPr lang="fr-FR" sz="{int(NOTE * 100)}"><a:solidFill><a:srgbClr val="{MUTED}"/>'
        f'</a:solidFill><a:latin typeface="{FONT}"/></a:rPr><a:t>{number}</a:t></a:fld>'
    )
    frame.paragraphs[0]._p.append(field)


def fill_background(paper: Paper, colour: str) -> None:
    """Colour the whole slide."""
    fill = paper.slide.background.fill
    fill.solid()
    fill.fore_color.rgb = RGBColor.from_string(colour)
