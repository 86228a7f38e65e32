"""Everything that is handed in, examined: the findings, and what the archive is made of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fruits.deliver.deck import check_slides
from fruits.deliver.finding import Finding, missing, ok, wrong
from fruits.deliver.images import Copies, check_reference, find_copies
from fruits.deliver.matrix import check_matrix
from fruits.deliver.notebook import check_notebook
from fruits.deliver.places import Place, check_cloud, locate
from fruits.deliver.redaction import Redaction
from fruits.deliver.wish import Wish
from fruits.errors import ConfigError, InputError
from fruits.report.results import Results, read_results
from fruits.storage.names import REPORT_HTML, REPORT_JSON
from fruits.storage.uri import canonical

REPORT: Final = "report"
PRIVATE: Final = "report's paths"


@dataclass
class Examined:
    """The findings in the order in which they are told; `results` is None where none can be had.

    `pages` are report.json and report.html without what they tell of a machine.
    """

    findings: list[Finding] = field(default_factory=list)
    results: Results | None = None
    places: list[Place] = field(default_factory=list)
    copies: Copies | None = None
    pages: dict[str, bytes] = field(default_factory=dict)

    def stands_against(self, *, allow_missing: bool) -> list[Finding]:
        """Return the findings for which no archive may be built."""
        harmless = {"ok", "missing"} if allow_missing else {"ok"}
        return [finding for finding in self.findings if finding.state not in harmless]


def examine(wish: Wish) -> Examined:
    """Check everything that a wish names; nothing is written."""
    examined = Examined()
    examined.findings += check_notebook(wish.notebook)
    examined.findings += check_slides(wish.presentation)
    _examine_results(examined, wish)
    examined.places = [locate(what, uri) for what, uri in _addresses(examined, wish)]
    _examine_images(examined, wish)
    examined.findings += [place.finding for place in examined.places]
    examined.findings.append(check_cloud(examined.places))
    return examined


def _examine_results(examined: Examined, wish: Wish) -> None:
    finding, results = _read(wish.results)
    examined.findings.append(finding)
    if results is None:
        return
    examined.results = results
    examined.findings += check_matrix(results)
    _redact(examined, results)


def _read(uri: str) -> tuple[Finding, Results | None]:
    run = f"fruits run --output {uri}, or give --results"
    try:
        results = read_results(uri)
        counts = results.facts.images
        told = f"run {results.facts.run_id}: {counts.listed:,} images listed"
    except InputError as exc:
        return missing(REPORT, str(exc), run), None
    except ConfigError as exc:
        return wrong(REPORT, str(exc), "give --results in the EU"), None
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        return wrong(REPORT, f"{REPORT_JSON} is damaged: {exc!r}", run), None
    if counts.listed != counts.skipped + counts.featurised + counts.rejected:
        found = (
            f"{counts.listed:,} listed, but {counts.skipped:,} skipped, "
            f"{counts.featurised:,} featurised, {counts.rejected:,} rejected"
        )
        return wrong(REPORT, found, run), None
    if results.facts.pca is None or results.facts.matrix_rows is None:
        again = f"fruits reduce --output {uri}"
        return missing(REPORT, f"{told}; it fitted no PCA and wrote no matrix", again), None
    return ok(REPORT, f"{told}, {counts.rejected:,} rejected"), results


def _redact(examined: Examined, results: Results) -> None:
    facts: Mapping[str, Any] = json.loads(results.output.read(REPORT_JSON) or b"{}")
    redaction = Redaction(facts)
    told = json.dumps(redaction.facts(facts), indent=2, ensure_ascii=False)
    pages = {REPORT_JSON: told}
    if (page := results.output.read(REPORT_HTML)) is not None:
        pages[REPORT_HTML] = redaction.text(page.decode("utf-8", "replace"))
    examined.pages = {name: page.encode() for name, page in pages.items()}
    for name, page_text in pages.items():
        if left := redaction.left_in(page_text):
            advice = "leave the report out of the results, and tell us"
            examined.findings.append(wrong(PRIVATE, f"{name} still tells {left[0]}", advice))
            return
    found = f"{len(redaction.names)} folders and hosts become plain names in {', '.join(pages)}"
    examined.findings.append(ok(PRIVATE, found))


def _addresses(examined: Examined, wish: Wish) -> list[tuple[str, str]]:
    """Name what lies somewhere: results that were copied down also lie where they were made."""
    found = [("results", wish.results)]
    if examined.results is not None:
        facts = examined.results.facts
        found.append(("input", facts.input))
        if "://" in facts.output and canonical(facts.output) != canonical(wish.results):
            found.append(("output", facts.output))
    return found + [("link", link) for link in wish.links]


def _examine_images(examined: Examined, wish: Wish) -> None:
    if examined.results is None:
        return
    if wish.with_images:
        finding, examined.copies = find_copies(examined.results)
    else:
        finding = check_reference(examined.results, examined.places)
    examined.findings.append(finding)
