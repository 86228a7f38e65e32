"""The page that leads from the archive to what is not in it: data set, storage, how it was made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from fruits.dataset.sources import DataSet
from fruits.deliver.places import Place
from fruits.report.facts import RunReport

NAME: Final = "liens.md"

_MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
    "octobre", "novembre", "décembre",
)  # fmt: skip
_NARROW: Final = "\u202f"
"""The narrow no-break space, which parts thousands in French."""

_KINDS: Final = {"input": "photos de départ", "results": "résultats", "output": "résultats"}


@dataclass(frozen=True)
class LinksPage:
    """What the page tells; it is in French, like all that it is handed in with.

    `files` are the other files of its folder; `copied` counts the photos there, None: no photo.
    """

    day: date
    data_set: DataSet | None
    places: Sequence[Place]
    facts: RunReport | None
    files: Sequence[str]
    copied: int | None

    def write(self) -> bytes:
        """Return the page as Markdown, in UTF-8."""
        parts = [
            [f"# Images et matrice, {_MONTHS[self.day.month - 1]} {self.day.year}"],
            _data_set(self.data_set) if self.data_set else [],
            _places(self.places),
            _run(self.facts) if self.facts else [],
            ["## Photos", "", _photos(self.copied)],
            ["## Dans ce dossier", "", *(f"- `{name}`" for name in self.files)],
        ]
        return ("\n\n".join("\n".join(part) for part in parts if part) + "\n").encode()


def _data_set(chosen: DataSet) -> list[str]:
    links = [page.url for page in chosen.pages] + [item.url for item in chosen.downloads]
    return [
        "## Jeu de données",
        "",
        f"{chosen.title}, par {_in_french(chosen.authors)}.",
        f"Licence\u00a0: {_in_french(chosen.licence)}.",
        "",
        f"À citer\u00a0: {chosen.citation}",
        "",
        *(f"- <{link}>" for link in links),
    ]


def _in_french(text: str) -> str:
    """Translate the few words of the table of sets that are neither names nor numbers."""
    return text.replace(" and before:", " et avant\u00a0:").replace(" and ", " et ")


def _places(places: Sequence[Place]) -> list[str]:
    rows = [f"| {_KINDS.get(p.what, 'lien')} | {p.shown} | {_where(p)} |" for p in places]
    return ["## Stockage", "", "| quoi | adresse | région |", "|---|---|---|", *rows]


def _where(place: Place) -> str:
    return "sur l’ordinateur de l’auteur" if place.is_here else place.region


def _run(facts: RunReport) -> list[str]:
    rows = {
        "exécution": facts.run_id,
        "version de fruits": facts.fruits_version,
        "réseau": f"{facts.model.name}, {_number(facts.model.dim)} caractéristiques",
        "images listées": _number(facts.images.listed),
        "images refusées": _number(facts.images.rejected),
        "lignes de la matrice": _number(facts.matrix_rows),
    }
    if facts.pca:
        share = f"{100 * facts.pca.cumulative[-1]:.2f}".replace(".", ",")
        rows["composantes"] = f"{facts.pca.components}, soit {share}\u00a0% de la variance"
    return ["## Exécution", "", "| | |", "|---|---|", *(f"| {k} | {v} |" for k, v in rows.items())]


def _photos(copied: int | None) -> str:
    if copied is None:
        return (
            "Par référence\u00a0: chaque ligne de la matrice donne le chemin de sa photo (`path`) "
            "et l’empreinte SHA-256 de son fichier (`image_id`)."
        )
    return (
        f"Dans `images/`\u00a0: les {_number(copied)} photos de la matrice, sans leurs métadonnées "
        "(EXIF, GPS)\u00a0; l’empreinte `image_id` est celle du fichier d’origine."
    )


def _number(value: int | None) -> str:
    return "inconnu" if value is None else f"{value:,}".replace(",", _NARROW)
