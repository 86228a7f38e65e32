"""Where the time of a run went: its stages, and what its workers did meanwhile."""

from collections.abc import Mapping
from typing import Final

import altair as alt

from fruits.report.results import Results
from fruits.report.words import Language, words_of

STAGES: Final = ("start", "list", "features", "reduce", "publish")
WORK: Final = ("fetch", "prepare", "embed", "rows", "write")


def stages(results: Results, *, language: Language = "en") -> alt.Chart:
    """Draw the seconds of each stage of the run, in their order, as one bar."""
    return _bar("stages", STAGES, results.facts.seconds, language)


def work(results: Results, *, language: Language = "en") -> alt.Chart:
    """Draw the seconds that all workers together spent in each part of their work, as one bar."""
    return _bar("work", WORK, results.facts.worker_seconds, language)


def _bar(
    title: str, parts: tuple[str, ...], seconds: Mapping[str, float], language: Language
) -> alt.Chart:
    words = words_of(language, "figures")
    rows = [
        {"stage": words[part], "seconds": seconds.get(part, 0.0), "order": i}
        for i, part in enumerate(parts)
    ]
    return (
        alt.Chart(alt.Data(values=rows), title=words[title])
        .mark_bar(height=34)
        .encode(
            x=alt.X("seconds:Q", stack="zero", title=words["seconds"]),
            color=alt.Color(
                "stage:N",
                sort=[words[part] for part in parts],
                scale=alt.Scale(domain=[words[part] for part in parts]),
                title=None,
                legend=alt.Legend(orient="bottom", columns=5),
            ),
            order="order:O",
            tooltip=[
                alt.Tooltip("stage:N", title=words["stage"]),
                alt.Tooltip("seconds:Q", title=words["seconds"], format=",.1f"),
            ],
        )
        .properties(width=460, height=44)
    )
