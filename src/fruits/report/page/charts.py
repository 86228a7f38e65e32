"""The page's charts, as specifications that Vega-Embed draws in the reader's browser."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import vl_convert

from fruits.report import figures
from fruits.report.figures.plane import DATA, plane
from fruits.report.figures.style import CYCLE, PALE, config
from fruits.report.results import Results
from fruits.report.words import Language

_LOCALES: Mapping[Language, Any] = {"en": "en-US", "fr": "fr-FR"}


def specifications(results: Results, shown: int, *, language: Language) -> dict[str, Any]:
    """Return the charts by name; that of the map is empty, its points come packed."""
    made = {"stages": figures.stages(results, language=language)}
    if results.facts.worker_seconds:
        made["work"] = figures.work(results, language=language)
    if results.reduced:
        made["classes"] = figures.classes(results, language=language)
        made["scree"] = figures.scree(results, language=language)
        made["variance"] = figures.variance(results, language=language)
        made["map"] = _map(results, shown, language)
    return {name: _fluid(chart.to_dict()) for name, chart in made.items()}


def titles(specs: Mapping[str, Any]) -> dict[str, str]:
    """Take the titles out of the charts: as headings of the page they wrap on a phone."""
    return {name: str(spec.pop("title", "")) for name, spec in specs.items()}


def look(language: Language) -> dict[str, Any]:
    """Return what all charts share: colours on both grounds, and how numbers are written."""
    return {
        "configs": {"light": config("light"), "dark": config("dark")},
        "cycle": list(CYCLE),
        "pale": dict(PALE),
        "locale": vl_convert.get_format_locale(_LOCALES[language]),
    }


def library() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, from the installed vl-convert."""
    script: str = vl_convert.javascript_bundle(None)  # type: ignore[arg-type]
    return script.replace("</script", "<\\/script")


def _map(results: Results, shown: int, language: Language) -> alt.Chart:
    # Numbers come as they are drawn: colour and opacity are the script's to change.
    return plane(results, alt.NamedData(name=DATA), shown, language=language).encode(
        color=alt.Color("c:N", scale=None, legend=None), opacity=alt.Opacity("o:Q", scale=None)
    )


def _fluid(spec: dict[str, Any]) -> dict[str, Any]:
    """Let a chart fill its box, on a phone as on a desk."""
    for layer in spec.get("layer", ()):
        if "title" in layer:
            spec["title"] = layer.pop("title")
    return spec | {"width": "container", "autosize": {"type": "fit-x", "contains": "padding"}}
