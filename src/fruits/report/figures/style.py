"""The colours and type of all figures, on light and on dark ground."""

from typing import Any, Final, Literal

Ground = Literal["light", "dark"]

CYCLE: Final = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00",
    "#56b4e9", "#8c6bb1", "#7a5c00", "#a6bd00", "#b2182b",
)  # fmt: skip
"""Colours told apart by most colour-blind readers: those of Okabe and Ito (2008), and four more."""

SPLITS: Final = ("#0072b2", "#e69f00", "#009e73", "#8a8f98")
"""Training, test, validation, none."""

PALE: Final = {"light": "#c9ced3", "dark": "#454c52"}
INK: Final = {"light": "#1c2733", "dark": "#e6eaee"}
MUTED: Final = {"light": "#5b6670", "dark": "#a4adb5"}
GRID: Final = {"light": "#e3e7ea", "dark": "#333a40"}
ACCENT: Final = "#2e8b57"
FONT: Final = "system-ui, 'Segoe UI', 'Liberation Sans', 'DejaVu Sans', sans-serif"


def config(ground: Ground = "light") -> dict[str, Any]:
    """Return the Vega-Lite configuration of a ground, transparent behind as a page wants it."""
    ink, muted, grid = INK[ground], MUTED[ground], GRID[ground]
    return {
        "background": "transparent",
        "font": FONT,
        "view": {"stroke": None},
        "title": {"color": ink, "fontSize": 15, "anchor": "start", "offset": 10},
        "axis": {
            "labelColor": muted,
            "titleColor": muted,
            "titleFontWeight": "normal",
            "gridColor": grid,
            "domainColor": grid,
            "tickColor": grid,
            "labelFontSize": 12,
            "titleFontSize": 12,
        },
        "legend": {"labelColor": ink, "titleColor": muted, "labelFontSize": 12},
        "text": {"color": ink, "fontSize": 12},
        "rule": {"color": muted},
        "range": {"category": list(CYCLE)},
    }
