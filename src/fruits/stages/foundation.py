"""Remembers the moments a PCA was fitted from and their files, so a refit reads new files only.

Kept for all files together: at d = 1280 moments take 13 MB, five times the vectors of a feature
file, so moments per file would cost more to read than the features themselves.
"""

import io
import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from fruits.errors import InputError
from fruits.reduction.moments import Moments
from fruits.storage.output import Output

FOLDER: Final = "_fruits/moments"


def remember_moments(
    output: Output, fingerprint: str, moments: Moments, *, files: Sequence[str]
) -> None:
    """Write moments and the names of the feature files (which never change) in one file."""
    names = np.frombuffer(json.dumps(list(files)).encode(), np.uint8)
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {**moments.to_arrays(), "files": names}
    np.savez(buffer, **arrays)
    output.write(f"{FOLDER}/{fingerprint}.npz", buffer.getvalue())


def recall_moments(
    output: Output, fingerprint: str, *, files: Sequence[str]
) -> tuple[Moments | None, list[str]]:
    """Return the moments known and the files that they do not cover yet.

    (None, all files) where nothing is known, or where a file that they cover is gone: its rows
    may be gone too, or lie in another file now.
    """
    content = output.read(f"{FOLDER}/{fingerprint}.npz")
    if content is None:
        return None, list(files)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            covered = set(json.loads(arrays["files"].tobytes()))
            moments = Moments.from_arrays(arrays)
    except (ValueError, KeyError, EOFError, OSError, InputError):
        return None, list(files)
    if not covered <= set(files):
        return None, list(files)
    return moments, [file for file in files if file not in covered]
