"""The committed outputs: complete, of one run, and silent about the machine and the photos."""

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "fruits.ipynb"
PATH = re.compile(
    r"(?<![\w.~:/])/(?:home|root|tmp|work|usr|opt|var|mnt|private|Users|dbfs)\b"
    r"|[A-Za-z]:\\|file:/|~/"
)
ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\blocalhost:\d+|\.internal\b|\.local\b")


def test_every_code_cell_was_executed_in_order(code: list[Any]):
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))


def test_no_cell_ends_with_an_error_or_warns(code: list[Any]):
    kinds = {(out.output_type, out.get("name")) for cell in code for out in cell.outputs}
    assert kinds <= {("stream", "stdout"), ("display_data", None), ("execute_result", None)}


def test_no_output_tells_of_a_machine(code: list[Any]):
    said = _texts(code)
    assert said
    for pattern in (PATH, ADDRESS):
        assert not [found[0] for text in said if (found := pattern.search(text))]
    # A container's name may be a common word; then it says nothing either.
    if len(socket.gethostname()) > 5:
        assert not [text for text in said if socket.gethostname() in text]


def test_pictures_are_figures_or_drawn_by_code(code: list[Any]):
    """A photo of the data set never gets here: cells that show pictures say which kind."""
    pictures = [cell for cell in code if any("image/png" in _data(out) for out in cell.outputs)]
    tags = [set(cell.metadata.get("tags", [])) for cell in pictures]
    assert all(found & {"verger", "figure"} for found in tags)
    assert {"verger"} in tags
    assert tags.count({"figure"}) >= 4


def test_a_cell_that_shows_drawn_photos_takes_them_from_the_orchard_only(code: list[Any]):
    shown = [cell for cell in code if "verger" in cell.metadata.get("tags", [])]
    assert shown
    for cell in shown:
        assert "verger" in cell.source
        assert "ENTREE" not in cell.source


def test_it_is_small_and_says_nothing_of_who_ran_it(notebook: Any):
    assert NOTEBOOK.stat().st_size < 2_000_000
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    assert "version" not in notebook.metadata.language_info
    allowed = {"tags"}
    assert not [cell.id for cell in notebook.cells if set(cell.metadata) - allowed]


def test_cells_are_numbered_from_the_top(notebook: Any):
    expected = [f"cellule-{n:02d}" for n in range(1, len(notebook.cells) + 1)]
    assert [cell.id for cell in notebook.cells] == expected


def test_its_numbers_are_those_of_the_whole_data_set(code: list[Any]):
    """26,837 photos of Fruits-360, by MobileNetV2: what its text says that it shows."""
    text = re.sub(r"[\s\u202f\u00a0]", "", "".join(_texts(code)))
    for told in ("26837", "mobilenet_v2", "1280"):
        assert told in text


@pytest.mark.parametrize("output", ["/root/x", "see /home/zoe", "file:/x", "10.0.0.1", "~/out"])
def test_what_tells_of_a_machine_is_found(output: str):
    assert PATH.search(output) or ADDRESS.search(output)


@pytest.mark.parametrize("output", ["data/fruits-360.zip", "out/matrix", "s3://B/raw", "4.1.0"])
def test_what_tells_of_none_is_left(output: str):
    assert not (PATH.search(output) or ADDRESS.search(output))


def _data(output: Any) -> dict[str, Any]:
    return output.get("data", {})


def _texts(code: list[Any]) -> list[str]:
    """Return all that outputs say, but for the bytes of pictures."""
    outputs = [out for cell in code for out in cell.outputs]
    said = [out["text"] for out in outputs if "text" in out]
    for out in outputs:
        said += [
            value if isinstance(value, str) else json.dumps(value)
            for kind, value in _data(out).items()
            if kind != "image/png"
        ]
    return said
