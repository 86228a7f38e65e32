"""The points of the page's map, packed: a few bytes for each image."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fruits.report.page.album import Album

STEPS: Final = 65_535
NO_PICTURE: Final = 65_535


def pack_points(
    places: NDArray[np.float32],
    labels: NDArray[np.int64],
    splits: NDArray[np.int64],
    paths: Sequence[str],
    album: Album,
) -> Mapping[str, Any]:
    """Pack positions float32[n, 2], class and split numbers [n], and the pictures' cells.

    Positions become 65,536 steps of their range: a thousandth of a pixel. All numbers are
    little-endian, as base64; `names` are the file names of the images with a picture, in the order
    of `pictured`.
    """
    low, high = (
        (places.min(axis=0), places.max(axis=0)) if len(places) else (np.zeros(2), np.ones(2))
    )
    span = np.where(high > low, high - low, 1)
    steps = np.round((places - low) / span * STEPS).astype("<u2")
    cells = [album.cell(path) for path in paths]
    pictured = [i for i, cell in enumerate(cells) if cell is not None]
    return {
        "count": len(places),
        "low": low.tolist(),
        "span": span.tolist(),
        "x": _packed(steps[:, 0]),
        "y": _packed(steps[:, 1]),
        "label": _packed(labels.astype("<u4")),
        "split": _packed(splits.astype("<u1")),
        "cell": _packed(
            np.array([NO_PICTURE if cell is None else cell for cell in cells], dtype="<u2")
        ),
        "pictured": _packed(np.array(pictured, dtype="<u4")),
        "names": [paths[i].rpartition("/")[2] for i in pictured],
    }


def _packed(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
