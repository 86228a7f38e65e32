"""From a white turntable to a shop: which species Fruits-360's frames give to shop photos."""

import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.critique.frames import Vectors, read_table, unit
from benchmarks.networks import SHARED, nearest
from fruits import Config
from fruits.pipeline import features
from training.held_out import held_out

ARCHIVE = SHARED / "grocery-fruit.zip"

SPECIES = {
    "Golden-Delicious": "Apple", "Granny-Smith": "Apple", "Pink-Lady": "Apple",
    "Red-Delicious": "Apple", "Royal-Gala": "Apple", "Avocado": "Avocado", "Banana": "Banana",
    "Kiwi": "Kiwi", "Lemon": "Lemon", "Lime": "Limes", "Mango": "Mango",
    "Cantaloupe": "Cantaloupe", "Nectarine": "Nectarine", "Orange": "Orange", "Papaya": "Papaya",
    "Passion-Fruit": "Passion", "Peach": "Peach", "Anjou": "Pear", "Conference": "Pear",
    "Kaiser": "Pear", "Pineapple": "Pineapple", "Plum": "Plum", "Pomegranate": "Pomegranate",
    "Red-Grapefruit": "Grapefruit", "Satsumas": "Mandarine",
}  # fmt: skip
"""A shop's folder → the first word of Fruits-360's classes of that species; three melons of the
shop (galia, honeydew, watermelon) are no class there and are left out."""

ALSO = {"Maracuja": "Passion", "Clementine": "Mandarine"}
"""Other names that Fruits-360 has for the same species: either is right."""


def measure(output: str) -> dict[str, Any]:
    """Compute the shop photos' features and ask who is near whom, within and across both sets."""
    vectors, shops = read_shops()
    labels, paths = np.array(shops["label"]), shops["path"]
    frames, columns = read_table(output, ["split", "label"])
    training = np.array([split == "training" for split in columns["split"]])
    known = np.array([species_of(label) for label in columns["label"]])
    asked = np.array([SPECIES.get(label, "") for label in labels])
    shared = asked != ""
    test = ~training & np.isin(known, asked[shared])
    species = by_species(frames[training], known[training], vectors[shared], asked[shared])
    return {
        "photos": len(labels),
        "square": float(np.mean(np.equal(shops["width"], shops["height"]))),
        "shops_to_frames": judge(frames[training], known[training], vectors[shared], asked[shared]),
        "frames_to_shops": judge(vectors[shared], asked[shared], frames[test], known[test]),
        "within_shops": within(vectors, labels, paths),
        "centred": judge(
            frames[training] - frames[training].mean(axis=0), known[training],
            vectors[shared] - vectors[shared].mean(axis=0), asked[shared],
        ),
        "species": species,
        "kinds": len(species),
        "never": sum(share == 0 for share in species.values()),
        "apart": apart(vectors, frames),
    }  # fmt: skip


def read_shops() -> tuple[Vectors, dict[str, list[Any]]]:
    """Featurise the shop photos as a user would; return vectors, labels, paths and sizes."""
    with tempfile.TemporaryDirectory(prefix="fruits-bench-") as scratch:
        features(Config(input=str(ARCHIVE), output=scratch, model="mobilenet_v2", runner="local"))
        return read_table(scratch, ["path", "label", "width", "height"])


def species_of(label: str) -> str:
    """Return the species of a class of Fruits-360: `Apple Golden 1` is an Apple."""
    first = label.partition(" ")[0]
    return ALSO.get(first, first)


def judge(
    known: Vectors, names: NDArray[np.str_], asked: Vectors, expected: NDArray[np.str_]
) -> dict[str, Any]:
    """Return the share of vectors whose nearest known one is of their species, and that of luck."""
    found = nearest(known, names, asked)
    return {
        "known": len(known),
        "queries": len(asked),
        "right": float((found == expected).mean()),
        "chance": float(np.mean([(names == name).mean() for name in expected])),
    }


def by_species(
    known: Vectors, names: NDArray[np.str_], asked: Vectors, expected: NDArray[np.str_]
) -> dict[str, float]:
    """Return the share recognised of each species."""
    good = nearest(known, names, asked) == expected
    return {str(name): float(good[expected == name].mean()) for name in np.unique(expected)}


def within(vectors: Vectors, labels: NDArray[np.str_], paths: list[str]) -> dict[str, Any]:
    """Recognise a held-out fifth of the shop photos among the other four, by the shop's labels."""
    kept = held_out(paths)
    asked = np.array([path in kept for path in paths])
    return judge(vectors[~asked], labels[~asked], vectors[asked], labels[asked])


def apart(shops: Vectors, frames: Vectors) -> dict[str, float]:
    """Tell how far the two sets lie from each other: each shop photo's nearest in both (cosine)."""
    own = unit(shops) @ unit(shops).T
    np.fill_diagonal(own, -1)
    mine, theirs = own.max(axis=1), (unit(shops) @ unit(frames).T).max(axis=1)
    return {
        "nearest_is_shop": float((mine > theirs).mean()),
        "cosine_shop": float(np.median(mine)),
        "cosine_frame": float(np.median(theirs)),
    }
