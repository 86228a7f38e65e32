"""Pages of a PDF are counted, however it was written; what is none is refused."""

import zlib
from pathlib import Path

import pytest

from fruits.deliver.pdf import count_pages
from handed_in import pdf


@pytest.fixture
def counted(tmp_path: Path):
    def count(content: bytes) -> int:
        (tmp_path / "a.pdf").write_bytes(content)
        return count_pages(tmp_path / "a.pdf")

    return count


def packed(pages: int, *, deflated: bool = True) -> bytes:
    """A PDF whose page tree lies in an object stream, as PDF 1.5 and LibreOffice write it."""
    objects = [f"<< /Type /Pages /Count {pages} /Kids [] >>", "<< /Type /Page /Parent 2 0 R >>"]
    places = f"2 0 3 {len(objects[0]) + 1} "
    content = f"{places}{' '.join(objects)}".encode()
    stream = zlib.compress(content) if deflated else content
    form = "/Filter /FlateDecode " if deflated else ""
    head = f"<< /Type /ObjStm /N 2 /First {len(places)} {form}/Length {len(stream)} >>".encode()
    return b"%PDF-1.5\n1 0 obj\n" + head + b"\nstream\n" + stream + b"\nendstream\nendobj\n%%EOF\n"


@pytest.mark.parametrize("pages", [1, 2, 19, 300])
def test_pages_are_counted(counted, pages):
    assert counted(pdf(pages)) == pages


@pytest.mark.parametrize("deflated", [True, False])
def test_pages_are_counted_where_their_tree_is_packed(counted, deflated):
    assert counted(packed(17, deflated=deflated)) == 17


def test_a_tree_of_several_levels_is_counted_at_its_root(counted):
    branch = b"9 0 obj\n<< /Type /Pages /Parent 2 0 R /Count 4 /Kids [] >>\nendobj\n"
    assert counted(pdf(12).replace(b"trailer", branch + b"trailer")) == 12


def test_of_a_file_that_was_saved_again_the_last_tree_counts(counted):
    assert counted(pdf(12) + pdf(13).partition(b"\n")[2]) == 13


def test_what_a_drawing_program_writes_is_counted(counted, tmp_path):
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="pip install 'fruits[bench]'")
    from matplotlib.backends.backend_pdf import PdfPages

    with PdfPages(tmp_path / "drawn.pdf") as pages:
        for _ in range(7):
            pages.savefig(pyplot.figure())
    pyplot.close("all")
    assert counted((tmp_path / "drawn.pdf").read_bytes()) == 7


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "does not begin"),
        (b"<html></html>", "does not begin"),
        (pdf(3)[:150], "cut short"),
        (b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF", "no page tree"),
        (pdf(3).replace(b"<< /Root", b"<< /Encrypt 9 0 R /Root"), "encrypted"),
        (packed(3).replace(b"\nstream\n", b"\nstream\nXX"), "no page tree"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_its_reason(counted, content, why):
    with pytest.raises(ValueError, match=why):
        counted(content)
