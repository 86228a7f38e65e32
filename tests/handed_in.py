"""What a person hands in, made small: a notebook, slides with their PDF, and a run's output."""

import json
from pathlib import Path
from typing import Any

from fruits import pipeline
from fruits.config import Config
from fruits.images.orchard import draw_orchard
from planted import jpeg

from photos import write

PERSONAL = "Training/Fig/phone.jpg"
"""A photo of the orchard's that names a person and a place in its metadata."""


def write_results(folder: Path) -> Path:
    """Run the chain on a small orchard, for real, and return its output."""
    draw_orchard(folder / "orchard", images_per_class=4)
    write(folder / "orchard" / PERSONAL, jpeg())
    pipeline.run(
        Config(
            input=str(folder / "orchard"),
            output=str(folder / "out"),
            model="fruitnet",
            components=5,
            max_rejected=1.0,
            runner="local",
        )
    )
    return folder / "out"


def code(
    source: str, count: int | None, *outputs: dict[str, Any], number: int = 0
) -> dict[str, Any]:
    """A cell of code as Jupyter saves it, executed as the `count`-th."""
    return {
        "cell_type": "code",
        "id": f"cell-{number or count}",
        "metadata": {},
        "source": source,
        "execution_count": count,
        "outputs": list(outputs),
    }


def text(source: str) -> dict[str, Any]:
    """A cell of text."""
    return {"cell_type": "markdown", "id": "words", "metadata": {}, "source": source}


def printed(words: str) -> dict[str, Any]:
    """What a cell has printed."""
    return {"output_type": "stream", "name": "stdout", "text": words}


def error(name: str, value: str) -> dict[str, Any]:
    """How a cell has failed."""
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": []}


def write_notebook(file: Path, *cells: dict[str, Any]) -> Path:
    """Write a notebook of these cells; of none, one that is executed and in order."""
    some = cells or (text("# La chaîne"), code("a = 1", 1), code("print(a)", 2, printed("1\n")))
    facts = {"cells": list(some), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    write(file, json.dumps(facts).encode())
    return file


def write_slides(file: Path, *notes: str | None, hidden: int = 0) -> Path:
    """Write slides with these notes, without words; the first `hidden` ones are not shown."""
    from pptx import Presentation

    deck = Presentation()
    for number, words in enumerate(notes):
        slide = deck.slides.add_slide(deck.slide_layouts[6])
        if number < hidden:
            slide.element.set("show", "0")
        if words is not None:
            slide.notes_slide.notes_text_frame.text = words
    file.parent.mkdir(parents=True, exist_ok=True)
    deck.save(str(file))
    return file


def pdf(pages: int) -> bytes:
    """Write a PDF of empty pages by hand, after its specification."""
    kids = " ".join(f"{number} 0 R" for number in range(3, 3 + pages))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {pages} /Kids [ {kids} ] >>",
        *["<< /Type /Page /Parent 2 0 R /MediaBox [0 0 160 90] >>"] * pages,
    ]
    body = "".join(f"{n} 0 obj\n{item}\nendobj\n" for n, item in enumerate(objects, 1))
    return f"%PDF-1.4\n{body}trailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n".encode()


def write_all(folder: Path) -> dict[str, Path]:
    """Write a notebook and ten slides of two minutes, with their PDF, as they should be."""
    slides = write_slides(folder / "fruits.pptx", *["Durée : 2 min"] * 10)
    slides.with_suffix(".pdf").write_bytes(pdf(10))
    return {"notebook": write_notebook(folder / "fruits.ipynb"), "presentation": slides}
