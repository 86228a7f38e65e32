"""How equal two chains' results are: vectors by cosine, components by angles of subspaces."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from numpy.typing import NDArray

Vectors = Mapping[str, NDArray[np.float32]]


def read_features(output: Path) -> dict[str, NDArray[np.float32]]:
    """Read the vectors that a contestant wrote: a folder or a file of Parquet, by file name."""
    place = output / "features"
    place = place if place.exists() else output / "features.parquet"
    rows = ds.dataset(place, format="parquet").to_table(columns=["path", "features"])
    vectors = np.array(rows.column("features").to_pylist(), np.float32)
    return dict(zip(map(_key, rows.column("path").to_pylist()), vectors, strict=True))


def read_scores(output: Path) -> dict[str, NDArray[np.float64]]:
    """Read the matrix that a contestant wrote, without means, by file name."""
    for name in ("matrix/matrix.parquet", "matrix.parquet"):
        if (output / name).exists():
            table = pq.read_table(output / name)
            break
    else:
        import pyarrow.csv as pa_csv

        table = pa_csv.read_csv(output / "matrix.csv")
    columns = [name for name in table.column_names if name.startswith("pc_")]
    scores = np.stack([table.column(name).to_numpy() for name in columns], axis=1)
    centred = scores.astype(np.float64) - scores.mean(axis=0)
    return dict(zip(map(_key, table.column("path").to_pylist()), centred, strict=True))


def least_cosine(a: Vectors, b: Vectors) -> float:
    """Return the smallest cosine between the vectors of the same images."""
    if a.keys() != b.keys():
        raise ValueError(f"{len(a.keys() ^ b.keys())} images are in one result only")
    x, y = (np.stack([vectors[key] for key in sorted(a)]) for vectors in (a, b))
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    return float(((x * y).sum(axis=1) / lengths).min())


def subspace_cosine(
    a: Mapping[str, NDArray[np.float64]], b: Mapping[str, NDArray[np.float64]]
) -> float:
    """Return the cosine of the largest angle between two subspaces of components.

    Scores are centred vectors times components, so the components span the same subspace where
    the columns of the scores do: QR of both, then the singular values of the product (Björck &
    Golub, 1973, doi:10.1090/S0025-5718-1973-0348991-3).
    """
    keys = sorted(a)
    left, _ = np.linalg.qr(np.stack([a[key] for key in keys]))
    right, _ = np.linalg.qr(np.stack([b[key] for key in keys]))
    return float(np.linalg.svd(left.T @ right, compute_uv=False).min())


def last_json(text: str) -> dict[str, object]:
    """Read the JSON that a contestant printed, alone or on its last line."""
    try:
        facts: dict[str, object] = json.loads(text)
    except ValueError:
        facts = json.loads(text.strip().splitlines()[-1])
    return facts


def _key(path: str) -> str:
    """Name an image alike wherever its folder lies: by its last three names, unescaped."""
    plain = unquote(path.removeprefix("file:")) if path.startswith("file:") else path
    return "/".join(plain.split("/")[-3:])
