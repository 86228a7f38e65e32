"""Plain Python on one machine: threads, ONNX Runtime, scikit-learn. No framework, no restart.

ONNX Runtime and Pillow let go of Python's lock while they work, so threads do; each takes an image
from its file to its vector. This is the lower bound of what a chain around the network costs.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pieces import Clock, decode, open_network, parse, reduce_and_write, tell


def main() -> None:
    """Run the chain."""
    clock, options = Clock(), parse(__doc__ or "")
    output = Path(options.output)
    output.mkdir(parents=True)
    network = Path(options.onnx).read_bytes()
    paths = sorted(str(path) for path in Path(options.input).rglob("*.jpg"))
    shares = [paths[slot :: options.slots] for slot in range(options.slots)]
    clock.lap("start")
    with ThreadPoolExecutor(options.slots) as pool:
        found = list(pool.map(lambda share: featurise(share, network), shares))
    vectors = np.empty((len(paths), found[0].shape[1]), np.float32)
    for slot, part in enumerate(found):
        vectors[slot :: options.slots] = part
    flat = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    pq.write_table(pa.table({"path": paths, "features": flat}), output / "features.parquet")
    clock.lap("features")
    rows = reduce_and_write(paths, vectors, output, options.components)
    clock.lap("reduce")
    tell(rows, clock)


def featurise(paths: list[str], content: bytes) -> np.ndarray:
    """Return the vectors of the images; one at a time, which is the fastest on a CPU's cache."""
    network = open_network(content)
    return np.concatenate([network(decode(Path(path).read_bytes())[None]) for path in paths])


if __name__ == "__main__":
    main()
