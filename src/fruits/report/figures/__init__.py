"""The figures of a run, as Vega-Altair charts: for the page, for notebooks, as PNG and SVG.

Needs the extra `fruits[report]`. Source of the grammar: Satyanarayan et al., Vega-Lite (2017).
"""

try:
    import altair  # noqa: F401
    import vl_convert  # noqa: F401
except ImportError as missing:
    raise ImportError(
        f"figures are drawn by {missing.name}, which is missing: pip install 'fruits[report]'",
        name=missing.name,
    ) from missing

from fruits.report.figures.counts import classes
from fruits.report.figures.course import stages, work
from fruits.report.figures.picture import png, svg
from fruits.report.figures.plane import map_of
from fruits.report.figures.spectrum import scree, variance

__all__ = ["classes", "map_of", "png", "scree", "stages", "svg", "variance", "work"]
