"""Names of people become names of files: accents, spaces, hyphens, and what may not be in there."""

import unicodedata

import pytest

from fruits.deliver.day import parse_day
from fruits.deliver.naming import DEFAULT_TITLE, name_all
from fruits.errors import ConfigError

DAY = parse_day("11/2026")


def named(last: str = "Petit", first: str = "Zoé", title: str = "Le projet"):
    return name_all(last=last, first=first, title=title, day=DAY)


def test_the_archive_and_its_members_have_the_names_that_were_asked_for():
    naming = named(title=DEFAULT_TITLE)
    assert naming.archive == (
        "Réalisez_un_traitement_dans_un_environnement_Big_Data_sur_le_Cloud_Petit_Zoé.zip"
    )
    assert naming.member(1, "notebook") == "Petit_Zoé_1_notebook_112026"
    assert naming.member(3, "presentation") == "Petit_Zoé_3_presentation_112026"


@pytest.mark.parametrize(
    ("typed", "file"),
    [
        ("Jean-Pierre", "Jean-Pierre"),
        ("de la Tour", "de-la-Tour"),
        ("  de   la\u00a0Tour ", "de-la-Tour"),
        ("O'Brien", "O-Brien"),
        ("d’Artagnan", "d-Artagnan"),
        ("Saint - Exupéry", "Saint-Exupéry"),
        ("Œuvrard", "Œuvrard"),
        ("Nguyễn", "Nguyễn"),
        ("李", "李"),
        ("M. Dupont (fils)", "M-Dupont-fils"),
        ("nom_composé", "nom-composé"),
        ("..", None),
        ("🍎", None),
        ("", None),
    ],
)
def test_a_persons_name_keeps_its_letters_and_joins_its_words_with_hyphens(typed, file):
    if file is None:
        with pytest.raises(ConfigError, match="no letter and no digit"):
            named(last=typed)
        return
    assert named(last=typed).last == file
    assert named(first=typed).member(2, "images") == f"Petit_{file}_2_images_112026"


def test_an_accent_typed_apart_from_its_letter_is_one_character_in_the_file():
    apart = unicodedata.normalize("NFD", "Zoé")
    assert len(apart) == 4
    assert named(first=apart).first == "Zoé"


def test_a_title_keeps_its_hyphens_and_joins_its_words_with_underscores():
    title = "Traitement : l’après-midi, « Big Data » ?"
    assert named(title=title).archive == "Traitement_l_après-midi_Big_Data_Petit_Zoé.zip"


@pytest.mark.parametrize("bad", ["a/b", "..\\b", "a\0b", "a\nb", "a\u202eb", "a\u200bb", "\ud800"])
@pytest.mark.parametrize("option", ["last", "first", "title"])
def test_separators_and_what_does_not_show_are_refused_by_the_options_name(bad, option):
    with pytest.raises(ConfigError, match=f"--{option}"):
        named(**{option: bad})


def test_a_name_that_no_disk_would_take_is_refused_before_any_work():
    assert len(named(title="é" * 110).archive.encode()) < 255
    with pytest.raises(ConfigError, match="255 at most"):
        named(title="é" * 121)
