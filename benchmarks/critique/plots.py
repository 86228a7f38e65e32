"""The plots of docs/revue-critique.md, as SVG that is the same for the same figures."""

from typing import Any, Final

import numpy as np
from matplotlib import pyplot as plt

from benchmarks.plots import DOCS, INK, OTHERS, OURS, PLAIN

RECOGNISED: Final = "images/critique-reconnaissance.svg"
PLACES: Final = "images/critique-seuils.svg"

NAMES: Final = {
    "emr": "EMR, 4 nœuds + 1 (estimé)",
    "emr-serverless": "EMR Serverless, 12 vCPU (estimé)",
    "ec2": "un serveur, 4 vCPU (estimé)",
}
COLOURS: Final = {"emr": OTHERS, "emr-serverless": "#f59e0b", "ec2": PLAIN}
SECONDS: Final = {10: "10 s", 60: "1 min", 600: "10 min", 3600: "1 h", 36000: "10 h"}
IMAGES: Final = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)


def draw(facts: dict[str, Any]) -> None:
    """Draw both plots into docs/images/."""
    draw_recognised(facts)
    draw_places(facts["thresholds"])


def draw_recognised(facts: dict[str, Any]) -> None:
    """Draw what a nearest neighbour recognises as the queries get less like what is known."""
    splits, shops = facts["splits"], facts["shops"]
    hidden = {row["degrees"]: row["right"] for row in splits["hidden"]}
    bars = {
        "images tirées au hasard": splits["random"]["right"],
        "Test officiel → Training": splits["official"]["right"],
        "l’autre demi-tour de la vidéo": splits["half_turn"]["right"],
        "Test, vues à moins de 90° masquées": hidden[90],
        "l’autre axe de rotation": splits["axis"]["right"],
        "Test, toute la vidéo masquée": hidden[181],
        "une classe jamais vue de l’espèce": splits["unseen"]["right"],
        "photos de magasin (même espèce)": shops["shops_to_frames"]["right"],
    }
    colours = [OTHERS, OTHERS, PLAIN, PLAIN, PLAIN, OURS, OURS, OURS]
    figure, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
    drawn = axes.barh(list(bars)[::-1], [100 * v for v in bars.values()][::-1], color=colours[::-1])
    axes.bar_label(drawn, [_percent(v) for v in bars.values()][::-1], padding=3)
    axes.set_xlim(0, 112)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel("requêtes dont le plus proche voisin est juste, en % (cosinus, MobileNetV2)")
    _save(figure, axes, RECOGNISED)


def draw_places(facts: dict[str, Any]) -> None:
    """Draw seconds against images: this laptop as measured, AWS as estimated."""
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    line = facts["lines"]["local"]
    images = np.geomspace(IMAGES[0], IMAGES[-1], 60)
    measured = images <= 26_837
    seconds = line["start"] + images / line["per_second"]
    axes.plot(images[measured], seconds[measured], color=OURS, label="portable, 2 cœurs (mesuré)")
    axes.plot(images[~measured], seconds[~measured], ":", color=OURS, label="portable (prolongé)")
    for target, name in NAMES.items():
        points = [(p["images"], p["seconds"]) for p in facts["points"] if p["target"] == target]
        axes.plot(*zip(*points, strict=True), color=COLOURS[target], label=name)
        meeting = facts["meet"]["cautious"][target]
        axes.plot(meeting, line["start"] + meeting / line["per_second"], "o", color=INK, ms=4)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(IMAGES, [f"{n:,}".replace(",", "\u202f") for n in IMAGES])
    axes.set_yticks(list(SECONDS), list(SECONDS.values()))
    axes.minorticks_off()
    axes.set_xlabel("images de 100 × 100 pixels (points : à partir de là, le cloud finit avant)")
    axes.set_ylabel("durée, démarrage compris")
    axes.legend(frameon=False, fontsize=8)
    _save(figure, axes, PLACES)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %".replace(".", ",").replace(" ", "\u202f")


def _save(figure: Any, axes: Any, name: str) -> None:  # noqa: ANN401
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(DOCS / name, metadata={"Date": None})
    plt.close(figure)
