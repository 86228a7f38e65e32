"""Ray Data, used as its guides say: one network per actor, the bytes dropped early, its own writer.

Decoding shares the actor with the network: on few cores that saves the copies between operators.
Then scikit-learn's PCA on the features that Ray wrote.
"""

import os
from pathlib import Path

os.environ["RAY_DEDUP_LOGS"] = "0"
os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"

import numpy as np
import pyarrow.parquet as pq
import ray
from pieces import Clock, embed, open_network, parse, reduce_and_write, tell

FILES_AT_ONCE = 64


class Featuriser:
    """Holds one network; turns batches of bytes into batches of vectors."""

    def __init__(self, content: bytes, batch: int) -> None:
        self._network, self._batch = open_network(content), batch

    def __call__(self, rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Replace the bytes by the vectors."""
        contents = list(rows.pop("bytes"))
        starts = range(0, len(contents), self._batch)
        parts = [embed(self._network, contents[at : at + self._batch]) for at in starts]
        return {"path": rows["path"], "features": np.concatenate(parts)}


def main() -> None:
    """Run the chain."""
    clock, options = Clock(), parse(__doc__ or "")
    output = Path(options.output)
    output.mkdir(parents=True)
    # The actors take the cores; reading needs a share of one beside them.
    ray.init(num_cpus=options.slots + 1, include_dashboard=False, logging_level="ERROR")
    ray.data.DataContext.get_current().enable_progress_bars = False
    clock.lap("start")
    images = ray.data.read_binary_files(
        options.input, include_paths=True, file_extensions=["jpg"], concurrency=1
    )
    features = images.map_batches(
        Featuriser,
        fn_constructor_args=(Path(options.onnx).read_bytes(), options.batch),
        batch_size=FILES_AT_ONCE,
        compute=ray.data.ActorPoolStrategy(size=options.slots),
        num_cpus=1,
    )
    features.write_parquet(str(output / "features"))
    clock.lap("features")
    table = pq.read_table(output / "features")
    vectors = np.stack(table.column("features").to_numpy())
    rows = reduce_and_write(table.column("path").to_pylist(), vectors, output, options.components)
    clock.lap("reduce")
    tell(rows, clock)


if __name__ == "__main__":
    main()
