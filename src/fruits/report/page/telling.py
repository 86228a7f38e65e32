"""What the page says in words and numbers: the summary, the time, and how to do the same again."""

import shlex
from collections.abc import Mapping
from typing import Any, Final

from fruits.report.results import Results
from fruits.report.words import Language, number, percent, words_of

_HOUR: Final = 3600


def summary(results: Results, language: Language) -> str:
    """Tell in a sentence or two what the run made of what."""
    words, facts = words_of(language, "page"), results.facts
    counts = {
        name: number(getattr(facts.images, name), language)
        for name in ("featurised", "skipped", "rejected")
    }
    text = words["summary"].format(
        **counts,
        dim=number(facts.model.dim, language),
        seconds=duration(facts.seconds["total"], language),
    )
    if not results.reduced:
        return f"{text} {words['unreduced']}"
    pca = results.pca
    share = percent(float(pca.explained_variance_ratio.sum()), language, decimals=1)
    kept = number(len(pca.components), language)
    rows = number(results.rows, language)
    return f"{text} {words['reduced'].format(components=kept, share=share, rows=rows)}"


def tiles(results: Results, language: Language) -> list[Mapping[str, str]]:
    """Return the few numbers that people look for first."""
    words, facts = words_of(language, "page"), results.facts
    rate, efficiency = facts.throughput.images_per_second, facts.throughput.efficiency
    found = {
        "tile_rows": number(results.rows, language) if results.reduced else None,
        "tile_components": number(len(results.pca.components), language)
        if results.reduced
        else None,
        "tile_rejected": number(facts.images.rejected, language),
        "tile_rate": number(rate, language) if rate else None,
        "tile_efficiency": percent(efficiency, language) if efficiency else None,
        "tile_memory": number(facts.peak_worker_rss_mb, language)
        if facts.peak_worker_rss_mb
        else None,
        "tile_cost": f"{number(facts.cost['euros'], language, decimals=4)}\u00a0€"
        if facts.cost
        else None,
    }
    return [{"name": words[name], "value": value} for name, value in found.items() if value]


def time_section(results: Results, language: Language) -> Mapping[str, Any]:
    """Tell how long it took, how fast it was, and what it cost, as far as the run knows."""
    words, facts = words_of(language, "page"), results.facts
    lines = [
        words["time_intro"].format(
            total=duration(facts.seconds["total"], language),
            slots=number(facts.slots, language),
            runner=facts.runner,
            reason=facts.runner_reason,
        )
    ]
    rate = facts.throughput
    if rate.images_per_second and rate.efficiency:
        said = percent(rate.efficiency, language, decimals=1)
        lines.append(
            words["rate_intro"].format(
                rate=number(rate.images_per_second, language), efficiency=said
            )
        )
    if facts.peak_worker_rss_mb:
        memory = number(facts.peak_worker_rss_mb, language)
        lines.append(words["memory_intro"].format(memory=memory))
    if facts.cost:
        lines.append(words["cost_intro"].format(**_cost(facts.cost, language)))
    named = dict(words_of(language, "figures")) | {"total": words["total"]}
    table = [
        {"name": named[name], "seconds": f"{number(seconds, language, decimals=1)} s"}
        for name, seconds in facts.seconds.items()
        if name in named
    ]
    return {"lines": lines, "table": table}


def remake_section(results: Results, language: Language) -> Mapping[str, Any]:
    """Return the command of the run, and all that its result depends on."""
    words, facts = words_of(language, "page"), results.facts
    shown = {
        "model": facts.model.name,
        "fingerprint": facts.model.fingerprint,
        "backend": facts.backend or None,
        "precision": facts.precision,
        "fit": facts.fit,
        "input": facts.input,
        "output": facts.output,
        "residency": _said(facts.residency.get("input"), words),
        "residency_output": _said(facts.residency.get("output"), words),
        "spark": ", ".join(f"{k} {v}" for k, v in facts.spark.items()) if facts.spark else None,
    }
    versions = {"fruits": facts.fruits_version} | dict(facts.versions)
    return {
        "command": command(results),
        "table": [{"name": words[name], "value": value} for name, value in shown.items() if value],
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }


def command(results: Results) -> str:
    """Write the command that does the same again, for a shell."""
    facts = results.facts
    given = {
        "input": facts.input,
        "output": facts.output,
        "split": facts.split,
        "model": facts.model.name,
        "backend": facts.backend or None,
        "precision": facts.precision,
        "fit": facts.fit,
        "components": None if results.wanted is None else str(results.wanted),
        "runner": facts.runner if facts.runner != "none" else None,
    }
    options = [f"--{name} {shlex.quote(value)}" for name, value in given.items() if value]
    return " ".join(["fruits run", *options])


def duration(seconds: float, language: Language) -> str:
    """Write a time as people say it: 9.4 s, 1 min 56 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{number(seconds, language, decimals=1)}\u00a0s"
    if whole < _HOUR:
        return f"{whole // 60}\u00a0min {whole % 60}\u00a0s"
    return f"{whole // _HOUR}\u00a0h {whole % _HOUR // 60}\u00a0min"


def _said(place: str | None, words: Mapping[str, str]) -> str | None:
    """Say in the page's language where something lies, as `storage.residency` has put it."""
    if place is None:
        return None
    return place.replace("this machine", words["this_machine"]).replace(
        "not checked", words["not_checked"]
    )


def _cost(cost: Mapping[str, Any], language: Language) -> Mapping[str, str]:
    resources = ", ".join(
        f"{name} {number(amount, language, decimals=3)}"
        for name, amount in cost["resources"].items()
    )
    return {
        "euros": number(cost["euros"], language, decimals=4),
        "dated": str(cost["dated"]),
        "resources": resources,
    }
