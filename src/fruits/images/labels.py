"""Names become labels: what a path says about the fruit and about the split it belongs to."""

from typing import Literal

Split = Literal["training", "test", "validation", ""]

_SPLITS: dict[str, Split] = {
    "train": "training",
    "training": "training",
    "test": "test",
    "val": "validation",
    "validation": "validation",
}


def label_of(path: str) -> str:
    """Give the parent folder's name, untouched ("%20" stays "%20"); "" for a file at the root.

    `path` is relative to the input and "/"-separated, as the storage spells it.
    """
    return path.rpartition("/")[0].rpartition("/")[2]


def split_of(path: str) -> Split:
    """Give the split named by the nearest ancestor folder (any case), or "" when none names one.

    `path` is relative to the input and "/"-separated, as the storage spells it.
    """
    folders = path.split("/")[:-1]
    named = (_SPLITS.get(folder.lower()) for folder in reversed(folders))
    return next((split for split in named if split), "")
