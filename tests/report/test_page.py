"""The page of a run says what the run did, in one file that loads nothing."""

import base64
import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fruits.images.orchard import draw_orchard
from fruits.report.results import Results, read_results
from fruits.schema import component_names

pytest.importorskip("altair", reason="pip install 'fruits[report]'")
document = pytest.importorskip("fruits.report.page.document", reason="pip install 'fruits[report]'")
published = pytest.importorskip("fruits.report.page.published")

MOST_BYTES = 5_000_000


@pytest.fixture(scope="module")
def page(results: Results) -> str:
    return document.render(results)


@pytest.fixture(scope="module")
def data(page: str) -> dict:
    found = re.search(r'<script type="application/json" id="facts">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def numbers(packed: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed), dtype=kind)


def sheets(page: str) -> list[Image.Image]:
    found = re.findall(r"data:image/webp;base64,([A-Za-z0-9+/=]+)", page)
    return [Image.open(io.BytesIO(base64.b64decode(sheet))) for sheet in found]


def test_the_page_tells_the_numbers_of_the_run(page: str, results: Results):
    assert "96 images became vectors of 256 numbers" in page
    assert "7 components keep" in page
    assert results.facts.run_id in page
    assert f"<dd>{results.facts.throughput.images_per_second:,.0f}</dd>" in page


def test_nothing_on_it_would_be_loaded_from_a_network(page: str):
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#|data:)""", markup)
    assert not re.search(r"url\((?!\"data:)", markup)
    assert "@import" not in markup
    assert "default-src 'none'" in page


def test_the_points_are_the_first_two_components(data: dict, results: Results):
    points = data["points"]
    for axis, name in enumerate(("x", "y")):
        steps = numbers(points[name], "<u2") / 65535
        there = points["low"][axis] + steps * points["span"][axis]
        wanted = results.matrix[component_names(2)[axis]].to_numpy()
        assert np.abs(there - wanted).max() <= points["span"][axis] / 65535
    labels = [data["labels"][i] for i in numbers(points["label"], "<u4")]
    assert labels == results.matrix["label"].to_pylist()
    splits = [data["splits"][i] for i in numbers(points["split"], "<u1")]
    assert splits == results.matrix["split"].to_pylist()


def test_a_point_s_photo_is_that_of_its_image(
    page: str, data: dict, results: Results, orchard_output: Path
):
    cells = numbers(data["points"]["cell"], "<u2")
    paths = results.matrix["path"].to_pylist()
    for row in (0, 40, 95):
        sheet, place = divmod(int(cells[row]), 256)
        left, top = place % 16 * 64, place // 16 * 64
        shown = sheets(page)[sheet].convert("RGB").crop((left, top, left + 64, top + 64))
        file = orchard_output.parent / "orchard" / paths[row]
        with Image.open(file) as image:
            wanted = image.convert("RGB").resize((64, 64), Image.Resampling.BICUBIC)
        difference = np.asarray(shown, float) - np.asarray(wanted, float)
        assert np.abs(difference).mean() < 8, "another photo, or a damaged one"
    assert data["points"]["names"][0].endswith(".jpg")


def test_a_truncated_reject_is_shown_as_far_as_it_goes_and_an_empty_one_is_not(page: str):
    rows = dict(
        re.findall(r'<tr><td>(.*?)</td><td class="path">(.*?)</td>', page, re.DOTALL)[i][::-1]
        for i in range(3)
    )
    assert 'role="img"' in rows["Training/Apple Red/broken_1_truncated.jpg"]
    assert "nothing to be seen" in rows["Training/Banana/broken_2_empty.jpg"]
    assert "the file ends before its pixels do" in page


def test_the_command_that_is_shown_makes_the_same_matrix_again(
    page: str, results: Results, tmp_path: Path
):
    import html
    import shlex

    from fruits.cli.main import cli

    shown = html.unescape(re.search(r"<pre[^>]*><code>(.*?)</code>", page)[1])
    words = shlex.split(shown)[1:]
    words[words.index("--output") + 1] = str(tmp_path / "again")
    cli.main(words, standalone_mode=False)
    again = read_results(str(tmp_path / "again"))
    # Parts come in the order in which workers end; rows are the same.
    assert again.matrix.sort_by("path").equals(results.matrix.sort_by("path")) or np.allclose(
        again.matrix.sort_by("path")["pc_0001"].to_numpy(),
        results.matrix.sort_by("path")["pc_0001"].to_numpy(),
        atol=1e-4,
    )


def test_the_french_page_has_no_english_left(results: Results):
    page = document.render(results, language="fr").replace("pytest-of-", "")
    text = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    # What a decoder said of a file is kept in its words, and marked as English.
    text = re.sub(r'<code>.*?</code>|<td lang="en">.*?</td>|<[^>]+>', " ", text)
    english = r"\b(the|of|and|with|images became|nothing|components?|neighbou?rs?|was|are)\b"
    assert re.findall(english, text) == []
    assert '<html lang="fr">' in page


def test_a_run_without_a_matrix_has_a_page_too(orchard_output: Path, tmp_path: Path):
    out = tmp_path / "out"
    shutil.copytree(orchard_output, out)
    shutil.rmtree(out / "matrix")
    page = document.render(read_results(str(out)))
    assert "No matrix has been made of them yet" in page
    assert 'id="map"' not in page
    assert "broken_2_empty.jpg" in page


def test_without_its_input_the_page_comes_without_photos(orchard_output: Path, tmp_path: Path):
    out = tmp_path / "out"
    shutil.copytree(orchard_output, out)
    claim = out / "_fruits" / "output.json"
    facts = json.loads(claim.read_text())
    claim.write_text(json.dumps(facts | {"input": str(tmp_path / "gone")}))
    page = document.render(read_results(str(out)))
    assert sheets(page) == []
    assert "could not be read when this page was made" in page


def test_names_that_are_code_stay_text(tmp_path: Path):
    from fruits import Config, run

    hostile = "</script><img src=x onerror=alert(1)>&\"'"
    folder = tmp_path / "in" / "Test" / hostile.replace("/", "∕")
    source = draw_orchard(tmp_path / "drawn", images_per_class=1, broken=0)
    folder.mkdir(parents=True)
    for file in source[:6]:
        shutil.copy(file, folder / file.name)
    settings = {"input": str(tmp_path / "in"), "output": str(tmp_path / "out")}
    run(Config(**settings, model="fruitnet", components=2, runner="local"))
    page = document.render(read_results(str(tmp_path / "out")))
    assert "<img" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert page.count("</script>") == 3


@pytest.mark.parametrize(("images", "components"), [(2, 1), (5, 1), (7, 3)])
def test_a_handful_of_images_at_the_root_makes_a_page(images: int, components: int, tmp_path: Path):
    from fruits import Config, run

    (tmp_path / "in").mkdir()
    for file in draw_orchard(tmp_path / "drawn", images_per_class=1, broken=0)[:images]:
        shutil.copy(file, tmp_path / "in" / file.name)
    settings = {"input": str(tmp_path / "in"), "output": str(tmp_path / "out")}
    run(Config(**settings, model="fruitnet", components=components, runner="local"))
    page = document.render(read_results(str(tmp_path / "out")), language="fr")
    assert "(sans classe)" in page
    assert len(sheets(page)) == 1


def test_page_and_figures_are_written_into_the_output_or_elsewhere(
    results: Results, tmp_path: Path
):
    from fruits.storage.output import Output

    to = Output(str(tmp_path / "voir ça"))
    page = Path(published.write_page(results, to))
    assert page == tmp_path / "voir ça" / "report.html"
    assert page.stat().st_size < MOST_BYTES
    figures = published.write_figures(results, to, language="fr")
    assert len(figures) == 12
    assert all(Path(file).stat().st_size > 1000 for file in figures)
