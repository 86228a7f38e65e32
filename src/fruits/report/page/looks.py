"""What the page shows of the matrix: the spectrum in numbers, ends of components, neighbours."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from fruits.report.page.extremes import Ends
from fruits.report.page.keys import Keys
from fruits.report.page.likeness import Likeness
from fruits.report.results import Results
from fruits.report.words import Language, number, percent, words_of

LINES: Final = 20


def spectrum_section(results: Results, language: Language) -> Mapping[str, Any]:
    """Tell what 80, 90 and 95 % of the variance need, and the shares of the first components."""
    words, ratios = words_of(language, "page"), results.pca.all_ratios
    needed = {} if results.facts.pca is None else results.facts.pca.needed
    told = [
        words["level_needs"].format(level=_level(level, language), count=number(count, language))
        if count
        else words["level_unreached"].format(level=_level(level, language))
        for level, count in needed.items()
    ]
    together = np.cumsum(ratios)
    lines = [
        {
            "number": i + 1,
            "share": percent(float(ratios[i]), language, decimals=2),
            "together": percent(float(together[i]), language, decimals=2),
        }
        for i in range(min(LINES, len(ratios)))
    ]
    ending = "; " if language == "en" else "\u00a0; "
    return {"intro": ending.join(told) + ".", "lines": lines}


def extremes_section(found: Sequence[Ends], keys: Keys, language: Language) -> list[Any]:
    """Return the ends of the first components, as named rows."""
    words = words_of(language, "page")
    return [
        {
            "name": words["component"].format(number=end.component),
            "share": words["of_variance"].format(share=percent(end.share, language, decimals=1)),
            "low": [keys.row(row) for row in end.low],
            "high": [keys.row(row) for row in end.high],
        }
        for end in found
    ]


def likeness_section(found: Likeness, keys: Keys, language: Language) -> Mapping[str, Any]:
    """Tell how often neighbours agree, and show examples."""
    words = words_of(language, "page")
    intro = words["likeness_intro"].format(
        queries=number(found.queries, language),
        candidates=number(found.candidates, language),
        components=number(found.components, language),
        agreement=percent(found.agreement, language, decimals=1),
        across_queries=words["of_test"] if found.across else "",
        across_candidates=words["of_training"] if found.across else "",
    )
    examples = [
        {
            "row": keys.row(example.row),
            "near": [
                {
                    "row": keys.row(row),
                    "cosine": number(cosine, language, decimals=3),
                    "same": keys.labels[row] == keys.labels[example.row],
                }
                for row, cosine in zip(example.neighbours, example.cosines, strict=True)
            ],
        }
        for example in found.examples
    ]
    doubt = words["likeness_doubt"] if found.across else ""
    return {"intro": intro, "doubt": doubt, "examples": examples}


def _level(level: str, language: Language) -> str:
    return percent(float(level.rstrip("%").strip()) / 100, language)
