"""A chart as a picture: PNG or SVG, drawn by vl-convert without a browser or a network."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import altair as alt
import vl_convert

from fruits.report.figures.style import Ground, config
from fruits.report.words import Language

_LOCALES: Final[Mapping[Language, Literal["en-US", "fr-FR"]]] = {"en": "en-US", "fr": "fr-FR"}
_WHITE: Final = {"light": "#ffffff", "dark": "#14191d"}


def png(
    chart: alt.TopLevelMixin,
    *,
    language: Language = "en",
    scale: float = 2.0,
    ground: Ground = "light",
) -> bytes:
    """Draw a chart as a PNG, `scale` pixels for each of the chart's own."""
    picture: bytes = vl_convert.vegalite_to_png(
        _spec(chart, ground), scale=scale, format_locale=_LOCALES[language]
    )
    return picture


def svg(chart: alt.TopLevelMixin, *, language: Language = "en", ground: Ground = "light") -> str:
    """Draw a chart as an SVG."""
    picture: str = vl_convert.vegalite_to_svg(
        _spec(chart, ground), format_locale=_LOCALES[language]
    )
    return picture


def _spec(chart: alt.TopLevelMixin, ground: Ground) -> dict[str, Any]:
    # A figure keeps its own ground when it leaves the page: text would vanish on another.
    with alt.data_transformers.disable_max_rows():
        spec: dict[str, Any] = chart.to_dict()
    return spec | {"config": config(ground) | {"background": _WHITE[ground]}, "padding": 12}
