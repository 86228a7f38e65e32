"""Reduces committed feature files to moments, a fixed group of files at a time."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fruits.reduction.moments import Moments, gather
from fruits.schema import FEATURES
from fruits.storage.arrays import matrix_of
from fruits.storage.output import Output
from fruits.storage.parts import read_part

FILES_PER_GROUP: Final = 8


@dataclass(frozen=True)
class GatherMoments:
    """The fit's task: some feature files in (JSON list of paths), the name of their moments out.

    Moments (float64[d, d], 13 MB at d = 1280) go through the storage, never through the JVM.
    """

    output: str
    folder: str

    def __call__(self, item: bytes) -> bytes:
        """Gather one group's moments and write them as `<folder>/<group>.npz`."""
        group, files = json.loads(item)
        output = Output(self.output)
        moments = gather(features_of(output, files))
        name = f"{self.folder}/{group:06d}.npz"
        buffer = io.BytesIO()
        arrays: dict[str, Any] = dict(moments.to_arrays())
        np.savez(buffer, **arrays)
        output.write(name, buffer.getvalue())
        return name.encode()


def features_of(output: Output, files: Sequence[str]) -> Iterator[NDArray[np.float32]]:
    """Yield the vectors of each file as float32[rows, dim]."""
    for file in files:
        column = read_part(output, file, columns=[FEATURES]).column(FEATURES).combine_chunks()
        yield matrix_of(column)


def group_files(files: Sequence[str], *, most: int = FILES_PER_GROUP) -> list[bytes]:
    """Cut the sorted files into groups that do not depend on how many workers there are.

    The groups fix the order of every addition, so that the fit is the same to the bit whoever
    computes it.
    """
    starts = range(0, len(files), most)
    return [
        json.dumps([index, files[start : start + most]]).encode()
        for index, start in enumerate(starts)
    ]


def read_moments(output: Output, names: Sequence[str]) -> Iterator[Moments]:
    """Read back what the workers wrote, in the order of the groups."""
    for name in sorted(names):
        content = output.read(name)
        assert content is not None, f"moments vanished: {name}"
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            yield Moments.from_arrays(arrays)
