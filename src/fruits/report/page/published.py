"""Writes a run's page, and its figures as pictures, into its output or another folder."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from fruits.report import figures
from fruits.report.page.document import render
from fruits.report.results import Results
from fruits.report.words import Language
from fruits.storage.names import FIGURES, REPORT_HTML
from fruits.storage.output import Output

if TYPE_CHECKING:  # `figures` says it in our words where altair is missing
    import altair as alt

OF_EVERY_RUN: Final = ("stages", "work")
OF_THE_MATRIX: Final = ("classes", "map_of", "scree", "variance")


def write_page(results: Results, to: Output, *, language: Language = "en") -> str:
    """Write `report.html` and return its URI; the page takes less than 5 MB."""
    to.write(REPORT_HTML, render(results, language=language).encode())
    return to.uri_of(REPORT_HTML)


def write_figures(results: Results, to: Output, *, language: Language = "en") -> list[str]:
    """Write each figure as `figures/NAME.png` and `.svg`; return their URIs."""
    written = []
    for name, chart in _charts(results, language):
        pictures = {
            "png": figures.png(chart, language=language),
            "svg": figures.svg(chart, language=language).encode(),
        }
        for kind, picture in pictures.items():
            file = f"{FIGURES}/{name}.{kind}"
            to.write(file, picture)
            written.append(to.uri_of(file))
    return written


def _charts(results: Results, language: Language) -> "Iterator[tuple[str, alt.TopLevelMixin]]":
    for name in OF_EVERY_RUN + (OF_THE_MATRIX if results.reduced else ()):
        yield name.removesuffix("_of"), getattr(figures, name)(results, language=language)
