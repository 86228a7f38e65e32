"""What the peers have in common: the same decoding, the same network, the same reduction.

Each peer runs in an environment of its own, without fruits: this file needs numpy, Pillow, ONNX
Runtime, pyarrow and, for the reduction, scikit-learn. The pixels are those of the notebook:
Pillow, RGB, its default (bicubic) resize to 224 × 224. The network is one ONNX file for all, uint8
images [n, 224, 224, 3] in, float32 [n, 1280] out, the Keras preprocessing inside.
"""

import argparse
import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

SIDE = 224


class Clock:
    """Seconds per stage; `total` counts from the start of the process."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._began = self._mark = process_start()

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = time.time()
        self.seconds[stage], self._mark = round(now - self._mark, 3), now

    def total(self) -> dict[str, float]:
        """Return all stages and their total."""
        return self.seconds | {"total": round(time.time() - self._began, 3)}


def process_start() -> float:
    """Return when this process began, in seconds since the epoch (Linux)."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    boot = next(
        int(line.split()[1])
        for line in Path("/proc/stat").read_text().splitlines()
        if line.startswith("btime")
    )
    return boot + ticks / 100


def parse(what: str) -> argparse.Namespace:
    """Read the options that every peer takes."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--input", required=True, help="folder of .jpg images")
    parser.add_argument("--onnx", required=True, help="the network")
    parser.add_argument("--output", required=True, help="folder for features and matrix")
    parser.add_argument("--slots", type=int, default=2, help="cores to use")
    parser.add_argument("--components", type=int, default=100)
    parser.add_argument("--batch", type=int, default=1, help="images per call; 1 is the fastest")
    return parser.parse_args()


def decode(content: bytes) -> np.ndarray:
    """Decode an image to uint8[224, 224, 3] as the notebook does."""
    from PIL import Image

    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB").resize((SIDE, SIDE)))


def open_network(content: bytes) -> Callable[[np.ndarray], np.ndarray]:
    """Load the network on one thread: every slot has its own."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda images: session.run(None, {name: images})[0]


def embed(network: Callable[[np.ndarray], np.ndarray], contents: list[bytes]) -> np.ndarray:
    """Return the vectors float32[n, 1280] of n image files."""
    return network(np.stack([decode(content) for content in contents]))


def label_of(path: str) -> str:
    """Return the name of the folder that an image is in."""
    return path.rsplit("/", 2)[-2]


def reduce_and_write(paths: list[str], vectors: np.ndarray, output: Path, components: int) -> int:
    """Fit scikit-learn's exact PCA, and write the matrix as CSV and Parquet by Arrow.

    The covariance solver is the fast exact one where there are more images than columns.
    """
    from sklearn.decomposition import PCA

    solver = "covariance_eigh" if len(vectors) > vectors.shape[1] else "full"
    scores = PCA(n_components=components, svd_solver=solver).fit_transform(vectors)
    columns = {"path": paths, "label": [label_of(path) for path in paths]}
    columns |= {f"pc_{i + 1:04d}": pa.array(scores[:, i]) for i in range(components)}
    matrix = pa.table(columns)
    pq.write_table(matrix, output / "matrix.parquet")
    pa_csv.write_csv(matrix, output / "matrix.csv")
    return len(matrix)


def tell(rows: int, clock: Clock) -> None:
    """Print the facts, as one line of JSON."""
    print(json.dumps({"images": rows, "seconds": clock.total()}))
