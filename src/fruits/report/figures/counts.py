"""How many images each class has, by split."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, Final

import altair as alt

from fruits.report.figures.style import SPLITS
from fruits.report.results import Results
from fruits.report.words import Language, number, words_of
from fruits.schema import LABEL, SPLIT

ORDER: Final = ("training", "test", "validation", "")
SHOWN: Final = 120
"""Classes drawn at most, the largest: nobody reads a chart of thousands of bars."""

_ROW_PIXELS: Final = 16


def classes(results: Results, *, language: Language = "en") -> alt.Chart:
    """Draw the images of each class as bars, the largest class first, stacked by split."""
    words, counts = words_of(language, "figures"), count_classes(results)
    totals: Counter[str] = Counter()
    for (label, _), count in counts.items():
        totals[label] += count
    order = [label for label, _ in totals.most_common(SHOWN)]
    names = [label or words["no_label"] for label in order]
    labels = alt.Y("label:N", sort=names, title=None, axis=alt.Axis(labelLimit=220))
    tooltip = [
        alt.Tooltip("label:N", title=words["class"]),
        alt.Tooltip("split:N", title=words["split"]),
        alt.Tooltip("images:Q", title=words["images"], format=","),
    ]
    rows = alt.Data(values=_rows(counts, order, words))
    return (
        alt.Chart(rows, title=_title(len(order), len(totals), language))
        .mark_bar()
        .encode(
            x=alt.X("sum(images):Q", title=words["images"], axis=alt.Axis(orient="top")),
            y=labels,
            color=_colours(counts, words),
            order="order:Q",
            tooltip=tooltip,
        )
        .properties(width=460, height=_ROW_PIXELS * len(order))
    )


def _rows(
    counts: Counter[tuple[str, str]], shown: Collection[str], words: Mapping[str, str]
) -> list[dict[str, Any]]:
    return [
        {
            "label": label or words["no_label"],
            "split": words[split or "no_split"],
            "images": count,
            "order": ORDER.index(split),
        }
        for (label, split), count in counts.items()
        if label in shown
    ]


def _colours(counts: Counter[tuple[str, str]], words: Mapping[str, str]) -> alt.Color:
    """Give each split that occurs the colour that it has in every chart."""
    used = [split for split in ORDER if any(split == found for _, found in counts)]
    scale = alt.Scale(
        domain=[words[split or "no_split"] for split in used],
        range=[SPLITS[ORDER.index(split)] for split in used],
    )
    return alt.Color("split:N", scale=scale, title=None, legend=alt.Legend(orient="top"))


def _title(shown: int, of: int, language: Language) -> str:
    words = words_of(language, "figures")
    if shown == of:
        return words["classes"]
    return words["classes_of_some"].format(shown=number(shown, language), all=number(of, language))


def count_classes(results: Results) -> Counter[tuple[str, str]]:
    """Count the matrix' images by label and split."""
    table = results.columns([LABEL, SPLIT])
    return Counter(zip(table[LABEL].to_pylist(), table[SPLIT].to_pylist(), strict=True))
