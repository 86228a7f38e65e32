"""On what a benchmark ran: processor, memory, and the versions of what took part."""

import importlib.metadata
import platform
from pathlib import Path
from typing import Any

import psutil

PACKAGES = (
    "fruits", "pyspark", "tensorflow-cpu", "onnxruntime", "openvino", "scikit-learn", "numpy",
    "pillow", "simplejpeg", "pyarrow", "deltalake",
)  # fmt: skip


def describe_machine() -> dict[str, Any]:
    """Return what somebody needs to judge figures of this machine."""
    return {
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
