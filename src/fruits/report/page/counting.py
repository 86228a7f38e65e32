"""What the page says of the images: how many of each class and split, and which were rejected."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from fruits.report.figures.counts import ORDER
from fruits.report.page.keys import Keys
from fruits.report.results import Results
from fruits.report.words import Language, number, words_of

REJECTS_SHOWN: Final = 60


def counts_table(keys: Keys, language: Language) -> Mapping[str, Any]:
    """Return the images of each class by split, the largest class first."""
    counts = Counter(zip(keys.labels, keys.splits, strict=True))
    splits = [split for split in ORDER if any(split == found for _, found in counts)]
    lines = [
        {
            "label": label,
            "counts": [number(counts[label, split], language) for split in splits],
            "total": number(total, language),
        }
        for label, total in Counter(keys.labels).most_common()
    ]
    return {"splits": splits, "lines": lines}


def rejects_of(results: Results) -> list[Mapping[str, str]]:
    """Return the rejects that the page shows: an even share of each reason, sorted by path."""
    rows: list[Mapping[str, str]] = results.rejected.to_pylist()
    by_reason: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        by_reason.setdefault(row["reason"], []).append(row)
    turns = [(turn, row) for group in by_reason.values() for turn, row in enumerate(group)]
    shown = [row for _, row in sorted(turns, key=lambda pair: pair[0])[:REJECTS_SHOWN]]
    return sorted(shown, key=lambda row: row["path"])


def rejects_section(results: Results, language: Language) -> Mapping[str, Any]:
    """Return the counts of each reason, and some rejects with their details."""
    words, shown = words_of(language, "page"), rejects_of(results)
    reasons = Counter(results.rejected["reason"].to_pylist())
    count = results.rejected.num_rows
    return {
        "count": count,
        "intro": words["rejects_intro"].format(
            count=number(count, language), shown=number(len(shown), language)
        ),
        "reasons": [
            {"name": name, "count": number(many, language), "meaning": words.get(name, "")}
            for name, many in reasons.most_common()
        ],
        "rows": [
            {"reason": row["reason"], "detail": row["detail"], "path": row["path"], "label": ""}
            for row in shown
        ],
    }
