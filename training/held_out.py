"""Which shop photos are never trained on: the rule, shared by the training and the benchmark."""

from collections import defaultdict
from collections.abc import Iterable

SHARE = 5


def held_out(paths: Iterable[str]) -> set[str]:
    """Choose the last fifth (rounded down) of every folder's photos, in the order of their paths.

    Neighbours in a folder are often photos of one shelf, a minute apart: the end of each folder
    shares fewer shelves with the rest than every fifth photo would.
    """
    folders: dict[str, list[str]] = defaultdict(list)
    for path in sorted(paths):
        folders[path.rpartition("/")[0]].append(path)
    return {
        path for found in folders.values() for path in found[len(found) - len(found) // SHARE :]
    }
