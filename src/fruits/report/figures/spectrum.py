"""The spectrum of the PCA: what each component explains, and what they explain together."""

from typing import Any, Final

import altair as alt
import numpy as np

from fruits.report.figures.style import ACCENT
from fruits.report.results import Results
from fruits.report.words import Language, number, percent, words_of

SHOWN: Final = 40
MARKS: Final = (0.80, 0.90, 0.95)
_CURVE_POINTS: Final = 300


def scree(results: Results, *, language: Language = "en") -> alt.Chart:
    """Draw the share of the variance of each of the first components as bars (Cattell, 1966)."""
    words = words_of(language, "figures")
    ratios = results.pca.all_ratios[:SHOWN]
    rows = [{"component": i, "share": float(share)} for i, share in enumerate(ratios, start=1)]
    ticks = [tick for tick in (1, 5, 10, 15, 20, 25, 30, 35, 40) if tick <= len(ratios)]
    return (
        alt.Chart(alt.Data(values=rows), title=words["scree"])
        .mark_bar(color=ACCENT)
        .encode(
            x=alt.X(
                "component:O",
                title=words["component"],
                axis=alt.Axis(labelAngle=0, values=ticks, grid=False),
            ),
            y=alt.Y("share:Q", title=words["share"], axis=alt.Axis(format=".0%")),
            tooltip=[
                alt.Tooltip("component:O", title=words["component"]),
                alt.Tooltip("share:Q", title=words["share"], format=".2%"),
            ],
        )
        .properties(width=460, height=230)
    )


def variance(results: Results, *, language: Language = "en") -> alt.LayerChart:
    """Draw the cumulative share of the variance; 80, 90, 95 % and what was kept are marked."""
    words = words_of(language, "figures")
    together = np.cumsum(results.pca.all_ratios)
    last = _last_of_interest(together, len(results.pca.components))
    x = alt.X(
        "components:Q",
        title=words["components"],
        scale=alt.Scale(domain=[0, last]),
    )
    y = alt.Y(
        "share:Q",
        title=words["share"],
        axis=alt.Axis(format=".0%"),
        scale=alt.Scale(domain=[0, 1.0]),
    )
    tooltip = [
        alt.Tooltip("components:Q", title=words["components"], format=","),
        alt.Tooltip("share:Q", title=words["share"], format=".2%"),
    ]
    curve = alt.Chart(alt.Data(values=_curve(together)), title=words["variance"])
    marks = alt.Chart(alt.Data(values=_marks(results, together, last, language)))
    line = curve.mark_line(color=ACCENT, strokeWidth=2.5, clip=True)
    dots = marks.mark_point(filled=True, size=70, color="#d55e00", opacity=1)
    # Inside the frame, clear of each other: names near its right end stand above, to the left.
    names = [
        marks.transform_filter(f"datum.late == {str(late).lower()}")
        .mark_text(align="right" if late else "left", dx=0 if late else 8, dy=-10 if late else 14)
        .encode(x=x, y=y, text="name:N")
        for late in (False, True)
    ]
    return alt.layer(
        line.encode(x=x, y=y, tooltip=tooltip),
        dots.encode(x=x, y=y, tooltip=tooltip),
        *names,
    ).properties(width=460, height=260)


def _curve(together: "np.ndarray[Any, Any]") -> list[dict[str, float]]:
    last = len(together)
    steps = np.unique(np.geomspace(1, last, min(last, _CURVE_POINTS)).round().astype(int))
    return [{"components": int(step), "share": float(together[step - 1])} for step in steps]


def _last_of_interest(together: "np.ndarray[Any, Any]", kept: int) -> int:
    """End the axis a little after what was kept and after 95 %, not in the flat far end."""
    most = max(kept, int(np.searchsorted(together, MARKS[-1])) + 1)
    return min(len(together), int(most * 1.35) + 1)


def _marks(
    results: Results, together: "np.ndarray[Any, Any]", last: int, language: Language
) -> list[dict[str, Any]]:
    words, kept = words_of(language, "figures"), len(results.pca.components)
    facts = results.facts.pca
    needed = {} if facts is None else facts.needed
    rows: list[dict[str, Any]] = []
    for level in MARKS:
        count = needed.get(f"{level:.0%}")
        if count:
            name = words["needed"].format(
                level=percent(level, language), count=number(count, language)
            )
            rows.append({"components": count, "share": float(together[count - 1]), "name": name})
    if kept not in {row["components"] for row in rows}:
        name = words["kept"].format(count=number(kept, language))
        rows.append({"components": kept, "share": float(together[kept - 1]), "name": name})
    return [row | {"late": row["components"] > 0.6 * last} for row in rows]
