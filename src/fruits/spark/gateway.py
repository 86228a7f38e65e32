"""Starts the JVM with its chatter filtered: errors and tracebacks pass, banners do not."""

import os
import sys
import threading
from typing import Any, Final

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway

BANNERS: Final = (
    b"WARNING: Using incubator modules",  # printed by the JVM itself, which has no switch for it
    b"Using Spark's default log4j profile",
)


def start_context(conf: SparkConf) -> SparkContext:
    """Start a SparkContext in a JVM of our own, or in the one that this process already has."""
    if SparkContext._gateway is not None:
        return SparkContext(conf=conf)
    read, write = os.pipe()
    try:
        gateway = launch_gateway(conf=conf, popen_kwargs={"stderr": write})
    finally:
        os.close(write)
        threading.Thread(target=_forward, args=(read,), daemon=True, name="spark-stderr").start()
    return SparkContext(conf=conf, gateway=gateway)


def _forward(read: int) -> None:
    with os.fdopen(read, "rb") as lines:
        for line in lines:
            if not line.startswith(BANNERS):
                _stderr().write(line)
                _stderr().flush()


def _stderr() -> Any:  # noqa: ANN401
    # In a notebook sys.stderr is no file; the bytes then go where the kernel's own go.
    return getattr(sys.stderr, "buffer", None) or sys.__stderr__.buffer  # type: ignore[union-attr]
