"""The deck, built from the committed facts: what a jury sees, and what a program reads of it."""

import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pptx = pytest.importorskip("pptx", reason="slides: pip install 'fruits[presentation]'")

from fruits.deliver.deck import check_slides, read_slides  # noqa: E402
from fruits.deliver.pdf import count_pages  # noqa: E402
from presentation import __main__ as command  # noqa: E402
from presentation import timing  # noqa: E402
from presentation.canonical import canonical  # noqa: E402
from presentation.content import read_templates  # noqa: E402
from presentation.deck import build  # noqa: E402
from presentation.facts import FILE, Facts, read_facts  # noqa: E402
from presentation.office import write_pdf  # noqa: E402
from presentation.setting import TooLongError  # noqa: E402
from presentation.template import ALLOWED  # noqa: E402

HERE = FILE.parent
VALUES = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def content() -> bytes:
    return canonical(build(read_facts()), when=VALUES["run.started"])


@pytest.fixture(scope="module")
def deck(content: bytes):
    return pptx.Presentation(io.BytesIO(content))


def words_of(shape) -> list[str]:
    """Every text of a shape: of a table's cells too."""
    if shape.has_table:
        return [cell.text_frame.text for row in shape.table.rows for cell in row.cells]
    return [shape.text_frame.text] if shape.has_text_frame else []


def texts(slide) -> list[str]:
    return [text for shape in slide.shapes for text in words_of(shape) if text]


def charts(deck) -> dict[str, list]:
    return {slide.name: [shape.chart for shape in slide.shapes if shape.has_chart]
            for slide in deck.slides}  # fmt: skip


def slide_named(deck, name: str):
    names = [each["name"] for each in read_templates()]
    return deck.slides[names.index(name)]


def test_there_are_at_most_twenty_slides_of_sixteen_by_nine(deck):
    assert 15 <= len(deck.slides) <= timing.MOST_SLIDES == 20
    assert deck.slide_width / deck.slide_height == pytest.approx(16 / 9, rel=1e-3)


def test_every_slide_has_a_title_of_its_own_and_notes_that_begin_with_their_time(deck):
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert all(titles)
    assert len(set(titles)) == len(titles)
    for slide in deck.slides:
        notes = slide.notes_slide.notes_text_frame.text
        assert re.match(r"Durée : (\d+ min( \d{2})?|\d+ s)\n", notes), notes[:40]
        assert len(notes) > 150


def test_the_times_in_the_notes_add_up_to_the_parts_of_the_defence(deck):
    told = [timing.read(slide.notes_slide.notes_text_frame.text) for slide in deck.slides]
    parts = [slide["part"] for slide in read_templates()]
    timing.check(zip(parts, told, strict=True))
    assert sum(told) == 20 * 60


def test_fruits_deliver_reads_the_same_times(content: bytes, tmp_path: Path):
    file = tmp_path / "fruits.pptx"
    file.write_bytes(content)
    assert sum(slide.seconds for slide in read_slides(file)) == 20 * 60


def test_nothing_leaves_the_slide_and_no_type_is_small(deck):
    for number, slide in enumerate(deck.slides, 1):
        for shape in slide.shapes:
            assert shape.left >= 0, (number, shape.name)
            assert shape.top >= 0, (number, shape.name)
            assert shape.left + shape.width <= deck.slide_width + 1, (number, shape.name)
            assert shape.top + shape.height <= deck.slide_height + 1, (number, shape.name)
        sizes = re.findall(r'<a:rPr[^>]* sz="(\d+)"', pptx.oxml.xmlchemy.serialize_for_reading(
            slide._element))  # fmt: skip
        assert sizes
        assert min(map(int, sizes)) >= 1200, number


def test_no_placeholder_and_no_mark_is_left_over(deck):
    for slide in deck.slides:
        for text in [*texts(slide), slide.notes_slide.notes_text_frame.text]:
            assert not re.search(r"[{}]|\*\*", text), text


def test_every_number_on_a_slide_is_a_fact_or_an_allowed_name(deck):
    """All numbers of the texts, against every way in which facts may be written."""
    known = written_facts()
    names = re.compile("|".join(map(re.escape, ALLOWED)))
    for number, slide in enumerate(deck.slides, 1):
        for text in [*texts(slide), slide.notes_slide.notes_text_frame.text.partition("\n")[2]]:
            rest = re.sub(r"\b\d:\d\d\b", "", names.sub("", text))  # times of the demonstration
            for found in re.findall(r"\d[\d\u202f,]*", rest):
                plain = found.replace("\u202f", "").rstrip(",")
                assert plain in known or plain == str(number), (number, found, text)


def written_facts() -> set[str]:
    """Every fact as it may be written: whole, with decimals, per cent, as time, in millions."""
    known = {str(part.seconds // 60) for part in timing.PARTS}
    flat = [each for value in VALUES.values() for each in
            (value if isinstance(value, list) else [value])]  # fmt: skip
    for value in flat:
        if isinstance(value, str):
            known |= {part.lstrip("0") for part in re.findall(r"\d+", value)}
            known |= set(re.findall(r"\d+", value))
            continue
        ways = [value, value * 100, value / 1e6]
        known |= {f"{way:.{digits}f}".replace(".", ",") for way in ways for digits in range(5)}
        known |= {str(round(value) // 60), f"{round(value) % 60:02d}", str(round(value) % 60)}
    return known


def test_charts_are_native_and_hold_the_measured_values(deck):
    [comparison] = [shape.chart for shape in slide_named(deck, "comparison").shapes
                    if shape.has_chart]  # fmt: skip
    assert list(comparison.plots[0].series[0].values) == VALUES["bench.seconds"]
    [costs] = [shape.chart for shape in slide_named(deck, "costs").shapes if shape.has_chart]
    drawn = [list(series.values) for series in costs.plots[0].series]
    assert drawn == [VALUES[f"cloud.euros.{target}"] for target in ("ec2", "emr-serverless", "emr")]
    scree, curve = [shape.chart for shape in slide_named(deck, "pca").shapes if shape.has_chart]
    assert list(scree.plots[0].series[0].values) == VALUES["pca.scree"]
    assert list(curve.plots[0].series[0].values) == VALUES["pca.cumulative"]
    assert [series.name.replace("\u00a0", " ") for series in curve.plots[0].series][1:] == [
        f"{VALUES[f'pca.level.{level}']:.0%} : {VALUES[f'pca.needed.{level}']}".replace("%", " %")
        for level in ("low", "middle", "high")
    ]


def test_charts_pictures_and_tables_are_described_for_those_who_do_not_see_them(deck):
    described = 0
    for slide in deck.slides:
        for shape in slide.shapes:
            if shape.has_chart or shape.has_table or shape.shape_type == 13:
                assert shape._element.xpath(".//p:cNvPr")[0].get("descr"), (slide.name, shape.name)
                described += 1
    assert described > 15


def test_what_has_not_run_in_the_cloud_is_said(deck):
    for name in ("architecture", "databricks", "demonstration", "synthesis"):
        slide = slide_named(deck, name)
        said = " ".join([*texts(slide), slide.notes_slide.notes_text_frame.text]).lower()
        assert re.search("pas encore chez aws|n’a (encore )?tourné", said), name


def test_the_same_facts_give_the_same_file(content: bytes):
    assert canonical(build(read_facts()), when=VALUES["run.started"]) == content


def test_other_facts_give_other_slides():
    other = build(Facts(VALUES | {"data.classes": 131}))
    slides = pptx.Presentation(io.BytesIO(other)).slides
    assert "131" in texts(slides[2])


def test_a_fact_that_no_slide_uses_is_an_error():
    with pytest.raises(ValueError, match=r"no slide uses: idle\.fact"):
        build(Facts(VALUES | {"idle.fact": 1}))


def test_a_text_that_does_not_fit_is_an_error():
    pytest.importorskip("PIL")
    from presentation.fit import measurable

    if not measurable():
        pytest.skip("no Liberation fonts to measure with")
    with pytest.raises(TooLongError, match="regions"):
        build(Facts(VALUES | {"cloud.regions": ["eu-quite-far-central-1"] * 6}))


def test_the_committed_deck_says_what_is_built(deck):
    committed = pptx.Presentation(str(HERE / "fruits.pptx"))
    assert len(committed.slides) == len(deck.slides)
    for old, new in zip(committed.slides, deck.slides, strict=True):
        assert texts(old) == texts(new)
        assert old.notes_slide.notes_text_frame.text == new.notes_slide.notes_text_frame.text


def test_the_committed_deck_is_ready_to_be_delivered():
    findings = check_slides(HERE / "fruits.pptx")
    assert [each.state for each in findings] == ["ok"] * 3, findings


def test_the_committed_pdf_shows_the_same_titles(deck):
    if not (program := shutil.which("pdftotext")):
        pytest.skip("no pdftotext")
    done = subprocess.run([program, str(HERE / "fruits.pdf"), "-"], capture_output=True, check=True)
    pages = done.stdout.decode().split("\f")
    for page, slide in zip(pages, deck.slides, strict=False):
        words = re.findall(r"[^\W\d]{4,}", slide.shapes.title.text_frame.text)
        assert not [word for word in words if word not in page], slide.name


def test_the_command_writes_a_deck_and_knows_when_nothing_has_changed(
    tmp_path, monkeypatch, capsys
):
    file = tmp_path / "fruits.pptx"
    monkeypatch.setattr("sys.argv", ["presentation", "--to", str(file), "--no-pdf"])
    command.main()
    command.main()
    assert capsys.readouterr().err.splitlines() == [
        "fruits.pptx is written",
        "fruits.pptx is as it was",
    ]


@pytest.mark.slow
def test_an_office_opens_it_and_shows_every_slide(content: bytes, tmp_path: Path):
    if not shutil.which("soffice"):
        pytest.skip("no soffice")
    file = tmp_path / "fruits.pptx"
    file.write_bytes(content)
    assert count_pages(write_pdf(file)) == 20
