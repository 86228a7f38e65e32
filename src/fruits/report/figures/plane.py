"""The plane of the first two components: where each image lies."""

from typing import Any, Final

import altair as alt
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fruits.report.figures.style import CYCLE
from fruits.report.results import Results
from fruits.report.words import Language, number, percent, words_of
from fruits.schema import LABEL, component_names

MOST: Final = 30_000
"""Points drawn at most: more hide each other, and make the page heavy."""

DATA: Final = "points"
"""The name under which the page gives the chart its points: x, y, label (a number), colour."""


def map_of(results: Results, *, language: Language = "en", most: int = MOST) -> alt.Chart:
    """Draw images in the plane of components 1 and 2, coloured by class.

    Of more than `most` images an even share is drawn, and the title says so. The colours repeat
    where there are more than ten classes: they tell neighbours apart, and are no legend.
    """
    rows = spread(results.rows, most)
    table = results.columns([LABEL, *component_names(_axes(results))])
    labels = table[LABEL].take(pa.array(rows)).to_pylist()
    x, y = (_column(table, number, rows) for number in (1, 2))
    values = [
        {"x": round(a, 3), "y": round(b, 3), "class": label}
        for a, b, label in zip(x.tolist(), y.tolist(), labels, strict=True)
    ]
    words = words_of(language, "figures")
    tooltip = [alt.Tooltip("class:N", title=words["class"])]
    colour = alt.Color("class:N", scale=alt.Scale(range=list(CYCLE)), legend=None)
    data: Any = alt.Data(values=values)
    return plane(results, data, len(rows), language=language).encode(color=colour, tooltip=tooltip)


def plane(results: Results, data: Any, shown: int, *, language: Language) -> alt.Chart:  # noqa: ANN401
    """Return the empty plane over `data`, with axes that tell what share they explain."""
    words, ratios = words_of(language, "figures"), results.pca.explained_variance_ratio
    title = words["map"]
    if shown < results.rows:
        title = words["map_of_some"].format(
            shown=number(shown, language), all=number(results.rows, language)
        )
    axes = [
        words["axis"].format(number=i + 1, share=percent(float(ratios[i]), language, decimals=1))
        if i < len(ratios)
        else ""
        for i in range(2)
    ]
    return (
        alt.Chart(data, title=title)
        .mark_circle(size=_size(shown), opacity=0.55)
        .encode(
            x=alt.X("x:Q", title=axes[0], scale=alt.Scale(zero=False, nice=False, padding=8)),
            y=alt.Y("y:Q", title=axes[1], scale=alt.Scale(zero=False, nice=False, padding=8)),
        )
        .properties(width=560, height=460)
    )


def positions(results: Results, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return components 1 and 2 of some rows: float32[rows, 2]; 0 for a second that is not kept."""
    table = results.columns(component_names(_axes(results)))
    return np.stack([_column(table, number, rows) for number in (1, 2)], axis=1)


def spread(count: int, most: int) -> NDArray[np.int64]:
    """Return at most `most` of the numbers 0 … count - 1, evenly spread and ascending."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.int64))


def _size(shown: int) -> int:
    """Return the area of a point in square pixels: many have to be small, few must be seen."""
    return 14 if shown > 5_000 else 30 if shown > 1_000 else 60


def _axes(results: Results) -> int:
    return min(2, len(results.pca.components))


def _column(table: pa.Table, number: int, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    name = component_names(number)[-1]
    if name not in table.column_names:
        return np.zeros(len(rows), np.float32)
    column: NDArray[np.float32] = table[name].to_numpy()[rows]
    return column
