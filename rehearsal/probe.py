"""A job that only looks: which Python driver and executors have, and what they can import."""

import json
import sys
from pathlib import Path

from pyspark import SparkContext

LOOKED_FOR = ("fruits", "numpy", "pyarrow", "onnxruntime", "deltalake", "PIL", "pyspark")
STRANGERS = ("pip", "setuptools", "pytest", "boto3")
"""What a machine's own Python may have, and ours must not see."""


def look(_: object = None) -> dict[str, object]:
    """Return this process's Python, its path, and where each library would come from."""
    import importlib.util
    import os
    import socket
    import sys

    def where(name: str) -> str | None:
        spec = importlib.util.find_spec(name)
        return spec.origin if spec else None

    return {
        "process": f"{socket.gethostname()}:{os.getpid()}",
        "folder": str(Path.cwd()),
        "python": sys.executable,
        "path": [entry for entry in sys.path if entry],
        "found": {name: where(name) for name in LOOKED_FOR},
        "strangers": [name for name in STRANGERS if where(name)],
        "environ": sorted(name for name in os.environ if name.startswith(("PYTHON", "FRUITS"))),
    }


def main(target: str) -> None:
    """Look in the driver and in every slot, and write what is seen as JSON to the storage."""
    context = SparkContext()
    slots = max(context.defaultParallelism, 2)
    seen = {
        "driver": look(),
        "workers": context.parallelize(range(slots), slots).map(look).collect(),
    }
    from fruits.storage.output import Output

    folder, _, name = target.rpartition("/")
    Output(folder).write(name, json.dumps(seen).encode())
    context.stop()


if __name__ == "__main__":
    main(sys.argv[1])
