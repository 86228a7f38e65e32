"""What the page says beside its map: how to read it, and where each class lies."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fruits.report.page.found import Found
from fruits.report.results import Results
from fruits.report.words import Language, number, percent, words_of


def map_section(
    results: Results, found: Found, pictured: int, language: Language
) -> Mapping[str, Any]:
    """Introduce the map, describe it for who cannot see it, and give each class' centre.

    `pictured` points have a photo.
    """
    words, ratios = words_of(language, "page"), results.pca.explained_variance_ratio
    classes = found.keys.classes
    return {
        "intro": words["map_intro"].format(
            components=number(len(ratios), language),
            share=percent(float(ratios[:2].sum()), language),
        ),
        "alt": words["map_alt"].format(
            shown=number(len(found.rows), language), classes=number(len(classes), language)
        ),
        "pictures": words["map_pictures"].format(count=number(pictured, language)),
        "centres": [
            {
                "label": label,
                "count": number(int(size), language),
                "x": number(float(x), language, decimals=1),
                "y": number(float(y), language, decimals=1),
            }
            for label, size, (x, y) in zip(classes, *_centres(found), strict=True)
        ],
    }


def _centres(found: Found) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each class' number of points, int64[classes], and mean place, float64[classes, 2]."""
    numbers, count = found.keys.numbers[found.rows], len(found.keys.classes)
    sizes = np.bincount(numbers, minlength=count)
    sums = [np.bincount(numbers, found.places[:, axis], minlength=count) for axis in (0, 1)]
    return sizes, np.stack(sums, axis=1) / np.maximum(sizes, 1)[:, None]
