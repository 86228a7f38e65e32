"""Daft, used as its guides say: glob, download, a class with one network per process, its writer.

Then scikit-learn's PCA on the features that Daft wrote.
"""

import os
from pathlib import Path

os.environ["DAFT_PROGRESS_BAR"] = "0"

import daft
import numpy as np
import pyarrow.parquet as pq
from daft import DataType, Series, col
from daft.functions import download
from pieces import Clock, embed, open_network, parse, reduce_and_write, tell

DIM = 1280
FILES_AT_ONCE = 64


def featuriser(slots: int) -> type:
    """Make the class that Daft runs, one instance in each of `slots` processes."""

    @daft.cls(max_concurrency=slots, use_process=True)
    class Featuriser:
        def __init__(self, onnx: str, batch: int) -> None:
            self._network, self._batch = open_network(Path(onnx).read_bytes()), batch

        @daft.method.batch(
            return_dtype=DataType.fixed_size_list(DataType.float32(), DIM),
            batch_size=FILES_AT_ONCE,
        )
        def vectors(self, contents: Series) -> np.ndarray:
            images = contents.to_pylist()
            starts = range(0, len(images), self._batch)
            parts = [embed(self._network, images[at : at + self._batch]) for at in starts]
            return np.concatenate(parts)

    return Featuriser


def main() -> None:
    """Run the chain."""
    clock, options = Clock(), parse(__doc__ or "")
    output = Path(options.output)
    output.mkdir(parents=True)
    featurise = featuriser(options.slots)(options.onnx, options.batch)
    clock.lap("start")
    images = daft.from_glob_path(f"{Path(options.input).resolve()}/**/*.jpg")
    features = images.select(
        col("path"), featurise.vectors(download(col("path"))).alias("features")
    )
    features.write_parquet(str(output / "features"))
    clock.lap("features")
    table = pq.read_table(output / "features")
    vectors = np.stack(table.column("features").to_numpy(zero_copy_only=False))
    paths = [path.removeprefix("file://") for path in table.column("path").to_pylist()]
    rows = reduce_and_write(paths, vectors, output, options.components)
    clock.lap("reduce")
    tell(rows, clock)


if __name__ == "__main__":
    main()
