"""What a backend leaves behind on a machine, beside the vectors: nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
import numpy as np
from fruits.backends.choose import load_backend
from fruits.backends.seam import Payload
payload = Payload("onnx", open(sys.argv[1], "rb").read(), (32, 32), 24)
embed = load_backend(sys.argv[2], payload)
print(embed(np.zeros((3, 32, 32, 3), np.uint8)).shape)
"""


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_a_backend_writes_no_identifier_and_no_report_into_the_home(
    backend: str, tiny_onnx: Path, tmp_path: Path
):
    """Both libraries did so in 2026, before we forbade it: a device id, a client id, a database."""
    if backend == "openvino":
        pytest.importorskip("openvino", reason="the openvino extra is not installed")
    home = tmp_path / "home"
    home.mkdir()
    places = dict.fromkeys(
        ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(home)
    )
    environ = {key: value for key, value in os.environ.items() if "TELEMETRY" not in key}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tiny_onnx), backend],
        capture_output=True, text=True, check=True, env=environ | places,
    )  # fmt: skip
    assert done.stdout.strip() == "(3, 24)"
    assert [file for file in home.rglob("*") if file.is_file()] == []
