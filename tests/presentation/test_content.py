"""The texts of slides.toml, as they are written: no number, no English, a pace one can speak."""

import re

import pytest

pytest.importorskip("pptx", reason="slides: pip install 'fruits[presentation]'")

from fruits.storage.regions import EU_REGIONS
from presentation import timing
from presentation.content import CODE, read_slides, read_templates, texts_of
from presentation.deck import DRAWINGS
from presentation.facts import FILE, read_facts
from presentation.template import HOLE, check_no_number

SLIDES = read_templates()
NAMES = [slide["name"] for slide in SLIDES]
FRENCH = {"Frankfurt": "Francfort", "Ireland": "Irlande", "Paris": "Paris",
          "Stockholm": "Stockholm", "Milan": "Milan", "Spain": "Espagne"}  # fmt: skip

COUNTED = re.compile(
    r"\b(deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|quarante|"
    r"cinquante|soixante|cent|cents|mille|millions?|milliards?|moitié|tiers|doubles?)\b",
    re.IGNORECASE,
)
"""Figures in words, which would hide from the digits' check ("six" may be a region's count)."""

ENGLISH = {
    "the", "of", "and", "with", "is", "are", "was", "for", "from", "which", "this", "that", "these",
    "not", "by", "its", "their", "when", "where", "what", "how", "than", "then", "has", "have",
    "been",
    "each", "every", "into", "your", "you", "we", "they", "it", "in", "at", "nothing", "without",
}  # fmt: skip


def plain(key: str) -> bool:
    """Whether a key holds prose: commands and names are not."""
    return not key.startswith(CODE) and key not in ("name", "part", "duration")


@pytest.mark.parametrize("slide", SLIDES, ids=NAMES)
def test_no_text_of_a_slide_holds_a_typed_number(slide: dict):
    texts = list(texts_of(slide, lambda key: key not in ("name", "part", "duration")))
    assert len(texts) >= 4
    for text in texts:
        check_no_number(text)


@pytest.mark.parametrize("slide", SLIDES, ids=NAMES)
def test_no_text_of_a_slide_tells_a_figure_in_words(slide: dict):
    allowed = re.compile("double précision|ni ne double|ni ne doublent")
    for text in texts_of(slide, plain):
        rest = allowed.sub("", " ".join(HOLE.sub("", text).split()))
        assert not (found := COUNTED.search(rest)), (found[0], text)


@pytest.mark.parametrize("slide", SLIDES, ids=NAMES)
def test_no_sentence_of_a_slide_is_english(slide: dict):
    for text in texts_of(slide, plain):
        words = re.findall(r"[a-zà-ÿœ]+", HOLE.sub("", text).lower())
        english = [word for word in words if word in ENGLISH]
        assert not english, (english, text)


@pytest.mark.parametrize("slide", SLIDES, ids=NAMES)
def test_notes_can_be_spoken_in_the_time_they_are_given(slide: dict):
    words = len(HOLE.sub("nombre", slide["notes"]).split())
    pace = words / timing.parse(slide["duration"]) * 60
    assert 75 <= pace <= 155, f"{pace:.0f} words a minute"


def test_slides_are_those_that_can_be_drawn_in_the_order_of_the_parts():
    assert sorted(NAMES) == sorted(DRAWINGS)
    keys = [part.key for part in timing.PARTS]
    assert [keys.index(slide["part"]) for slide in SLIDES] == sorted(
        keys.index(slide["part"]) for slide in SLIDES
    )


def test_the_times_fill_the_parts_exactly():
    timing.check((slide["part"], timing.parse(slide["duration"])) for slide in SLIDES)


def test_the_regions_have_their_french_names_in_the_order_of_the_list():
    [regions] = [slide for slide in SLIDES if slide["name"] == "regions"]
    assert regions["words"]["places"] == [FRENCH[place] for place in EU_REGIONS.values()]


def test_a_wrong_placeholder_names_its_slide(tmp_path):
    file = tmp_path / "slides.toml"
    file.write_text('[[slide]]\nname = "cover"\npart = "problem"\nduration = "20 s"\n'
                    'title = "{nobody.knows}"\nnotes = ""\n')  # fmt: skip
    with pytest.raises(ValueError, match=r"slide 'cover'.*nobody\.knows"):
        read_slides(read_facts(FILE), file)
