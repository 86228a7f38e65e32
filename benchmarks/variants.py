"""The ways to run MobileNetV2 that `limits` compares, and how each one is made and opened."""

import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.networks import HERE
from fruits.backends import Embed, Payload, Precision, load_backend
from fruits.backends.onnx import open_session
from fruits.images.prepare import Prepared, prepare
from fruits.models import load_model

QUANTISER = HERE.parent / ".venv-int8" / "bin" / "python"
INT8 = {"int8": 0, "int8 after 2 convolutions": 2}
"""Arithmetics of quantise.py, and how many convolutions at the start they leave in float32."""
AT_ONCE = 8


class Variant(NamedTuple):
    """One way to compute vectors, `batch` images in each call."""

    backend: str
    arithmetic: str = "f32"
    side: int = 224
    batch: int = 1


class Photo(NamedTuple):
    """A file; `part` is "known", "query" or "calibration"."""

    archive: str
    part: str
    label: str
    content: bytes


BASELINE, BOTH = Variant("onnx"), ("onnx", "openvino")
VARIANTS = (
    BASELINE,
    Variant("onnx", batch=AT_ONCE),
    *(Variant("openvino", arithmetic) for arithmetic in ("f32", "bf16")),
    *(Variant(backend, arithmetic) for arithmetic in INT8 for backend in BOTH),
    *(Variant(backend, side=side) for side in (160, 128) for backend in BOTH),
    Variant("openvino", "int8 after 2 convolutions", 160),
)


def open_engines(calibration: list[Photo]) -> dict[Variant, Embed]:
    """Open every variant on one thread; where int8 cannot be made, all the others."""
    f32 = load_model("mobilenet_v2", weights=None, fit="squash", precision="f32", backend="onnx")
    if not QUANTISER.exists():
        print("int8 is left out: `make peers` makes the environment that it needs\n")
    chosen = [it for it in VARIANTS if QUANTISER.exists() or it.arithmetic not in INT8]
    kinds = {(it.arithmetic, it.side) for it in chosen}
    payloads = {kind: derive(f32.payload, *kind, calibration) for kind in kinds}
    return {it: open_engine(it, payloads[it.arithmetic, it.side]) for it in chosen}


def derive(f32: Payload, arithmetic: str, side: int, calibration: list[Photo]) -> Payload:
    """Make the network of an arithmetic and a side out of the float32 one."""
    content = resized(f32.content, side)
    if arithmetic in INT8:
        content = quantised(content, pixels(calibration, side), INT8[arithmetic])
    precision: Precision = "bf16" if arithmetic == "bf16" else "f32"
    return replace(f32, content=content, input_size=(side, side), precision=precision)


def resized(content: bytes, side: int) -> Any:  # noqa: ANN401
    """Let a network take images of another side: all it does is convolve and average."""
    import onnx

    network = onnx.load_from_string(content)
    for axis in (1, 2):
        network.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = side
    return network.SerializeToString()


def quantised(content: bytes, images: NDArray[np.uint8], kept: int) -> bytes:
    """Have a network calibrated and made int8, in the environment that can."""
    with tempfile.TemporaryDirectory(prefix="fruits-bench-") as scratch:
        files = [Path(scratch, name) for name in ("f32.onnx", "images.npy", "int8.onnx")]
        files[0].write_bytes(content)
        np.save(files[1], images)
        command = [QUANTISER, HERE / "peers/quantise.py", *files, "--keep", str(kept)]
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
        return files[2].read_bytes()


def open_engine(variant: Variant, payload: Payload) -> Embed:
    """Open a network as fruits does, or for all images of a call at once."""
    if variant.batch == 1:
        return load_backend(variant.backend, payload, threads=1)
    session = open_session(payload.content)
    return lambda images: session.run(None, {"images": images})[0]


def pixels(photos: list[Photo], side: int) -> NDArray[np.uint8]:
    """Decode and resize as a run does."""
    found = [prepare(photo.content, size=(side, side), fit="squash") for photo in photos]
    return np.stack([it.pixels for it in found if isinstance(it, Prepared)])
