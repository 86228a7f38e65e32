"""The archive as a whole: made of a real run, refused for what is not as it should be."""

import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("pptx", reason="slides: pip install 'fruits[presentation]'")
pytest.importorskip("nbformat", reason="notebooks: pip install 'fruits[notebook]'")

from fruits.dataset.sources import find_set
from fruits.deliver import delivery as module
from fruits.deliver.delivery import Delivery, deliver
from fruits.errors import ConfigError, FruitsError
from fruits.images.decode import decode
from fruits.stages.progress import Silent
from handed_in import PERSONAL, pdf, write_notebook, write_slides
from planted import MARKS

FOLDER = "Petit_Zoé_2_images_112026"
MEMBERS = [
    "Petit_Zoé_1_notebook_112026.ipynb",
    f"{FOLDER}/liens.md",
    f"{FOLDER}/matrix.csv",
    f"{FOLDER}/matrix.parquet",
    f"{FOLDER}/pca.json",
    f"{FOLDER}/report.json",
    "Petit_Zoé_3_presentation_112026.pptx",
    "Petit_Zoé_3_presentation_112026.pdf",
]
LINK = "https://photos.s3.eu-west-3.amazonaws.com/raw/"
ROWS = 49


def delivered(wish) -> Delivery:
    return deliver(wish, Silent())


def states(made: Delivery) -> dict[str, str]:
    return {finding.check: finding.state for finding in made.findings}


def read(wish, name: str) -> bytes:
    with zipfile.ZipFile(wish.archive) as archive:
        return archive.read(name)


def names(wish) -> list[str]:
    with zipfile.ZipFile(wish.archive) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_everything_is_there_under_the_names_that_were_asked_for(wish, made):
    asked = wish(links=(LINK,), allow_missing=False)
    result = delivered(asked)
    assert set(states(result).values()) == {"ok"}
    assert asked.archive.name == "Le_projet_Petit_Zoé.zip"
    plain = [name for name in names(asked) if not name.endswith(("report.html",))]
    assert plain == MEMBERS
    for name in ("matrix/matrix.csv", "matrix/matrix.parquet", "pca/pca.json"):
        assert read(asked, f"{FOLDER}/{Path(name).name}") == (made / name).read_bytes()
    assert read(asked, MEMBERS[0]) == asked.notebook.read_bytes()
    assert read(asked, MEMBERS[-1]) == asked.presentation.with_suffix(".pdf").read_bytes()


def test_the_same_wish_gives_the_same_bytes_wherever_it_is_built(wish, tmp_path, monkeypatch):
    one = delivered(wish(links=(LINK,))).written
    monkeypatch.chdir(tmp_path)
    other = wish(links=(LINK,), folder=Path("elsewhere"))
    assert delivered(other).written == one
    assert one.sha256 != delivered(wish(replace=True)).written.sha256


def test_nothing_in_it_tells_a_folder_of_this_machine(wish, made):
    asked = wish(with_images=True)
    delivered(asked)
    facts = json.loads((made / "report.json").read_text("utf-8"))
    assert facts["output"] == str(made)
    copy = json.loads(read(asked, f"{FOLDER}/report.json"))
    assert (copy["output"], copy["input"]) == ("out", "orchard")
    assert copy["files"]["matrix"] == "matrix/matrix.csv"
    assert (copy["images"], copy["pca"]) == (facts["images"], facts["pca"])
    assert set(copy["workers"]) == {f"worker-{n + 1}" for n in range(len(facts["workers"]))}
    for name in names(asked):
        content = read(asked, name)
        assert str(made.parent).encode() not in content, name
        assert not any(worker.encode() in content for worker in facts["workers"]), name


def test_a_page_of_the_report_goes_with_it_without_the_folders(wish, out):
    (out / "report.html").write_text(f"<p>{out}/matrix</p>", "utf-8")
    facts = json.loads((out / "report.json").read_text("utf-8")) | {"output": str(out)}
    (out / "report.json").write_text(json.dumps(facts), "utf-8")
    asked = wish(results=str(out))
    delivered(asked)
    assert read(asked, f"{FOLDER}/report.html") == b"<p>out/matrix</p>"


def test_the_page_of_links_leads_to_data_set_storage_and_licence(wish):
    asked = wish(links=(LINK,))
    delivered(asked)
    page = read(asked, f"{FOLDER}/liens.md").decode()
    assert page.startswith("# Images et matrice, novembre 2026\n")
    assert "https://github.com/fruits-360" in page
    assert "CC BY-SA 4.0" in page
    assert " and " not in page.replace(find_set("fruits-360").citation, "")
    assert f"| lien | {LINK} | eu-west-3 (Paris) |" in page
    assert "| résultats | out | sur l’ordinateur de l’auteur |" in page
    assert "| images refusées | 3 |" in page
    assert "Par référence\u00a0:" in page


def test_photos_of_ones_own_are_of_no_public_set(wish):
    asked = wish(data_set=None)
    delivered(asked)
    assert "github.com/fruits-360" not in read(asked, f"{FOLDER}/liens.md").decode()


@pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO file")
def test_photos_are_copied_without_their_metadata(wish, made):
    asked = wish(with_images=True)
    result = delivered(asked)
    copied = [name for name in names(asked) if name.startswith(f"{FOLDER}/images/")]
    assert len(copied) == ROWS
    assert copied == sorted(copied)
    original = (made.parent / "orchard" / PERSONAL).read_bytes()
    copy = read(asked, f"{FOLDER}/images/{PERSONAL}")
    assert any(mark in original for mark in MARKS)
    assert not any(mark in copy for mark in MARKS)
    whole = lambda content: decode(content, shrink=lambda _h, _w: 1).pixels  # noqa: E731
    assert (whole(copy) == whole(original)).all()
    assert result.photos == {"as it was": 48, "stripped": 1}
    assert not any("broken" in name for name in copied)
    assert f"les {ROWS} photos" in read(asked, f"{FOLDER}/liens.md").decode()


def test_what_is_missing_is_named_and_nothing_is_built(wish):
    asked = wish(allow_missing=False)
    result = delivered(asked)
    assert [finding.check for finding in result.against] == ["storage on the cloud"]
    assert "--link" in result.against[0].advice
    assert result.written is None
    assert not asked.folder.exists()


def test_what_may_be_missing_is_left_out_on_demand(wish, tmp_path):
    asked = wish(presentation=tmp_path / "none.pptx")
    result = delivered(asked)
    assert states(result)["slides"] == states(result)["slides as PDF"] == "missing"
    assert [name for name in names(asked) if "presentation" in name] == []


def unexecuted(wish, tmp_path):
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "a = 1", "outputs": [],
            "execution_count": None}  # fmt: skip
    return wish(notebook=write_notebook(tmp_path / "bad.ipynb", cell))


def nine_minutes(wish, tmp_path):
    slides = write_slides(tmp_path / "bad.pptx", *["Durée : 1 min"] * 9)
    slides.with_suffix(".pdf").write_bytes(pdf(9))
    return wish(presentation=slides)


def truncated(wish, tmp_path):
    shutil.copytree(wish().results, tmp_path / "bad")
    matrix = tmp_path / "bad" / "matrix" / "matrix.csv"
    matrix.write_bytes(matrix.read_bytes()[:-400])
    return wish(results=str(tmp_path / "bad"))


def in_london(wish, _tmp_path):
    return wish(links=("https://photos.s3.eu-west-2.amazonaws.com/raw/",))


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (unexecuted, "notebook executed"),
        (nine_minutes, "slides' duration"),
        (truncated, "matrix"),
        (in_london, "storage: link"),
    ],
)
def test_what_is_wrong_is_never_handed_in(wish, tmp_path, spoil, check):
    asked = spoil(wish, tmp_path)
    result = delivered(asked)
    assert check in [finding.check.partition("/")[0] for finding in result.against]
    assert all(finding.advice for finding in result.against)
    assert not asked.folder.exists()


def test_a_dry_run_tells_what_would_be_in_it_and_writes_nothing(wish):
    asked = wish(dry_run=True, with_images=True)
    result = delivered(asked)
    assert result.against == []
    assert [name for name in result.members if not name.endswith(".html")] == [
        *MEMBERS, f"{FOLDER}/images"
    ]  # fmt: skip
    assert result.members[f"{FOLDER}/images"] > 100_000
    assert not asked.folder.exists()


def test_an_archive_that_is_there_already_is_not_replaced_unless_asked_for(wish):
    asked = wish()
    asked.folder.mkdir()
    asked.archive.write_bytes(b"handed in last week")
    with pytest.raises(ConfigError, match="--replace"):
        delivered(asked)
    assert asked.archive.read_bytes() == b"handed in last week"
    delivered(wish(dry_run=True))
    delivered(wish(replace=True))
    assert names(asked)[0] == MEMBERS[0]


def test_what_fails_on_its_way_leaves_the_older_archive_and_nothing_else(wish, monkeypatch):
    asked = wish(replace=True)
    asked.folder.mkdir()
    asked.archive.write_bytes(b"handed in last week")

    def fails(path, *_):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_archive", fails)
    with pytest.raises(OSError, match="No space"):
        delivered(asked)
    assert [file.name for file in asked.folder.iterdir()] == [asked.archive.name]
    assert asked.archive.read_bytes() == b"handed in last week"


@pytest.mark.parametrize("name", ["pptx", "nbformat"])
def test_a_library_that_is_not_there_is_told_before_any_work(wish, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(module, "examine", lambda _: pytest.fail("work was begun"))
    with pytest.raises(ConfigError, match=r"pip install 'fruits\["):
        delivered(wish())


def moved(out: Path, tmp_path: Path) -> Path:
    """Let the report name photos that lie beside it, so that a test may spoil them."""
    facts = json.loads((out / "report.json").read_text("utf-8"))
    shutil.copytree(facts["input"], tmp_path / "photos")
    told = facts | {"input": str(tmp_path / "photos")}
    (out / "report.json").write_text(json.dumps(told), "utf-8")
    return tmp_path / "photos"


def test_photos_that_are_gone_are_missing_or_wrong(wish, out, tmp_path):
    photos = moved(out, tmp_path)
    (photos / PERSONAL).unlink()
    gone = {"results": str(out), "dry_run": True}
    result = delivered(wish(**gone, with_images=True))
    [finding] = [finding for finding in result.findings if finding.check == "images"]
    assert (finding.state, finding.found) == (
        "wrong", f"1 of {ROWS} are not in the input any more: {PERSONAL}"
    )  # fmt: skip
    shutil.rmtree(photos)
    assert states(delivered(wish(**gone, with_images=True)))["images"] == "missing"
    assert states(delivered(wish(**gone)))["images"] == "missing"
    assert states(delivered(wish(**gone, links=(LINK,))))["images"] == "ok"


def test_a_photo_that_is_none_any_more_ends_it_with_nothing_built(wish, out, tmp_path):
    (moved(out, tmp_path) / PERSONAL).write_bytes(b"Dear orchard")
    asked = wish(results=str(out), with_images=True)
    with pytest.raises(FruitsError, match=r"phone\.jpg is no image any more"):
        delivered(asked)
    assert list(asked.folder.iterdir()) == []


def test_results_that_are_not_there_are_missing_and_the_rest_is_still_checked(wish, tmp_path):
    result = delivered(wish(results=str(tmp_path / "nowhere"), dry_run=True))
    found = states(result)
    assert (found["report"], found["notebook"]) == ("missing", "ok")
    assert "matrix" not in found


def test_features_without_a_matrix_are_missing_one(wish, out):
    facts = json.loads((out / "report.json").read_text("utf-8"))
    told = facts | {"pca": None, "matrix_rows": None}
    (out / "report.json").write_text(json.dumps(told), "utf-8")
    [finding] = [f for f in delivered(wish(results=str(out))).findings if f.check == "report"]
    assert (finding.state, "fruits reduce" in finding.advice) == ("missing", True)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"fruits_version": "0.1"'])
def test_a_damaged_report_is_wrong(wish, out, content):
    (out / "report.json").write_bytes(content)
    assert states(delivered(wish(results=str(out))))["report"] == "wrong"


def test_counts_that_do_not_add_up_are_wrong(wish, out):
    facts = json.loads((out / "report.json").read_text("utf-8"))
    told = facts | {"images": facts["images"] | {"featurised": 48}}
    (out / "report.json").write_text(json.dumps(told), "utf-8")
    [finding] = [f for f in delivered(wish(results=str(out))).findings if f.check == "report"]
    assert finding.found == "52 listed, but 0 skipped, 48 featurised, 3 rejected"


def test_results_in_a_bucket_are_read_there_and_an_unknown_region_is_wrong(
    port, wish, made, monkeypatch
):
    import boto3

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    monkeypatch.setenv("FRUITS_S3_ENDPOINT", f"http://127.0.0.1:{port}")
    s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-west-3")
    place = {"LocationConstraint": "eu-west-3"}
    s3.create_bucket(Bucket="handed-in", CreateBucketConfiguration=place)
    for file in sorted(file for file in made.rglob("*") if file.is_file()):
        s3.upload_file(str(file), "handed-in", f"out/1/{file.relative_to(made).as_posix()}")
    result = delivered(wish(results="s3://handed-in/out/1"))
    found = states(result)
    assert found["matrix/matrix.csv"] == found["matrix/matrix.parquet"] == found["matrix"] == "ok"
    assert [finding.check for finding in result.against] == ["storage: results"]
    assert "not checked" in result.against[0].found
    size = (made / "matrix" / "matrix.csv").stat().st_size
    assert result.members[f"{FOLDER}/matrix.csv"] == size
    # With a region that is known, it is packed from there, to the byte.
    monkeypatch.setattr("fruits.deliver.places.residency", lambda _: "eu-west-3 (Paris)")
    asked = wish(results="s3://handed-in/out/1", replace=True)
    assert delivered(asked).against == []
    parquet = (made / "matrix" / "matrix.parquet").read_bytes()
    assert read(asked, f"{FOLDER}/matrix.parquet") == parquet


def test_results_in_a_bucket_elsewhere_are_wrong_and_not_even_read(amazon, wish):
    result = delivered(wish(results=f"s3://{amazon('us-east-1')}/out/1", links=(LINK,)))
    against = {finding.check: finding.found for finding in result.against}
    assert set(against) == {"report", "storage: results"}
    assert all("us-east-1" in found for found in against.values())
