"""Which client reads small objects from S3 fastest, and what of the processor that costs.

Each client reads the same images from the same loopback server, late by `--latency`, in a process
of its own. A network shares its core with the client, so processor time per GET is what counts.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.figures import keep
from benchmarks.loopback_s3 import BUCKET, loopback_s3

REGION = "eu-west-3"
Get = Callable[[str], int]


def obstore(endpoint: str, threads: int) -> Get:
    """obstore (Rust), called from threads."""
    import obstore as library
    from obstore.store import S3Store

    http: Any = {"allow_http": True}
    store = S3Store(
        BUCKET, endpoint=endpoint, client_options=http, virtual_hosted_style_request=False
    )
    return lambda key: len(library.get(store, key).bytes())


def boto3(endpoint: str, threads: int) -> Get:
    """boto3, called from threads."""
    import boto3 as library
    from botocore.config import Config

    client = library.client(
        "s3", endpoint_url=endpoint, config=Config(max_pool_connections=threads)
    )
    return lambda key: len(client.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def s3fs(endpoint: str, threads: int) -> Get:
    """s3fs (aiobotocore behind fsspec), called from threads."""
    import s3fs as library

    files = library.S3FileSystem(
        endpoint_url=endpoint, config_kwargs={"max_pool_connections": threads}
    )
    return lambda key: len(files.cat_file(f"{BUCKET}/{key}"))


def pyarrow(endpoint: str, threads: int) -> Get:
    """Arrow's S3FileSystem (C++), called from threads; it asks for the size before it reads."""
    from pyarrow.fs import S3FileSystem

    files = S3FileSystem(endpoint_override=endpoint, region=REGION)

    def get(key: str) -> int:
        with files.open_input_stream(f"{BUCKET}/{key}") as opened:
            return len(opened.read())

    return get


CLIENTS = {client.__name__: client for client in (obstore, boto3, s3fs, pyarrow)}


def measure(name: str, endpoint: str, keys: Sequence[str], *, threads: int) -> dict[str, float]:
    """Read all keys once; return GETs per second and milliseconds of processor per GET."""
    get = CLIENTS[name](endpoint, threads)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(get, keys[:threads]))
        spent, start = time.process_time(), time.perf_counter()
        read = sum(pool.map(get, keys))
        seconds, spent = time.perf_counter() - start, time.process_time() - spent
    return {
        "gets_per_second": round(len(keys) / seconds, 1),
        "cpu_ms_per_get": round(spent / len(keys) * 1e3, 3),
        "bytes": read,
    }


def measure_apart(name: str, endpoint: str, folder: Path, *, threads: int) -> dict[str, float]:
    """Do the same in a process of its own; says why where the client is not installed."""
    command = [sys.executable, "-m", "benchmarks.s3_clients", "--photos", str(folder)]
    command += ["--client", name, "--endpoint", endpoint, "--threads", str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return {}
    facts: dict[str, float] = json.loads(done.stdout)
    return facts


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder of images to serve")
    parser.add_argument("--latency", type=float, default=0.02, help="seconds before an answer")
    parser.add_argument("--threads", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--client", choices=CLIENTS, help="measure one, against --endpoint")
    parser.add_argument("--endpoint", default="")
    return parser.parse_args(arguments)


def main() -> None:
    """Measure every client with every number of threads; or, in the inner process, one."""
    options = parse()
    who = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"}
    os.environ |= who | {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
    if options.client:
        keys = sorted(str(f.relative_to(options.photos)) for f in options.photos.rglob("*.jpg"))
        print(
            json.dumps(measure(options.client, options.endpoint, keys, threads=options.threads[0]))
        )
        return
    rows = []
    with loopback_s3(options.photos, latency=options.latency) as endpoint:
        for threads in options.threads:
            for name in CLIENTS:
                facts = measure_apart(name, endpoint, options.photos, threads=threads)
                rows.append({"client": name, "threads": threads, **facts})
                print(json.dumps(rows[-1]), file=sys.stderr)
    keep("s3_clients", {"latency": options.latency, "rows": rows})


if __name__ == "__main__":
    main()
