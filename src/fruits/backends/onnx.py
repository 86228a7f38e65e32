"""An ONNX payload → vectors with ONNX Runtime (https://onnxruntime.ai), the default backend."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fruits.backends.seam import Embed, Payload, PayloadKind
from fruits.backends.single import one_at_a_time
from fruits.choices import Precision
from fruits.errors import ModelError

PRECISIONS: tuple[Precision, ...] = ("f32",)
KIND: PayloadKind = "onnx"
MODULE = "onnxruntime"
INSTALL = "pip install onnxruntime"

_WRONG_OPTIMISERS = ["Pad_Fusion"]
"""It folds a padding with zeros into a MaxPool, whose own padding is minus infinity: seen on the
ResNet V2 family with ONNX Runtime 1.31 (https://github.com/microsoft/onnxruntime/pull/18136)."""


def load(payload: Payload, threads: int) -> Embed:
    """Open the network of `payload` on `threads` threads.

    Raises ModelError when ONNX Runtime cannot be imported or refuses the bytes.
    """
    session = open_session(payload.content, threads=threads)
    source = session.get_inputs()[0].name
    outputs = [session.get_outputs()[0].name]
    run = session.run

    def infer(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        features: NDArray[np.float32] = run(outputs, {source: image})[0]
        return features

    return one_at_a_time(infer, payload)


def open_session(content: bytes, *, threads: int = 1, optimised: bool = True) -> Any:  # noqa: ANN401
    """Open an `onnxruntime.InferenceSession` on the CPU; `optimised=False` only to look inside.

    Tried on a 1-core MobileNetV2 without any gain, so left at their defaults: IO binding,
    denormals as zero, a fixed batch dimension, arena and memory pattern off.
    """
    ort, refusals = _import_onnxruntime()
    try:
        return ort.InferenceSession(
            content,
            _options(ort, threads=threads, optimised=optimised),
            providers=["CPUExecutionProvider"],
            disabled_optimizers=_WRONG_OPTIMISERS,
        )
    except refusals as exc:
        raise ModelError(
            f"ONNX Runtime {ort.__version__} refuses this network ({exc}): "
            "give one self-contained ONNX file (no external data)"
        ) from exc


def _options(ort: Any, *, threads: int, optimised: bool) -> Any:  # noqa: ANN401
    levels = ort.GraphOptimizationLevel
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    # A spinning thread of one worker would burn the core of its neighbour.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.graph_optimization_level = (
        levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
    )
    return options


def _import_onnxruntime() -> tuple[Any, tuple[type[Exception], ...]]:
    """Return the library and the errors that a bad file can cause (they share no base class)."""
    _forbid_telemetry()
    try:
        import onnxruntime as ort
        from onnxruntime.capi import onnxruntime_pybind11_state as refused
    except ImportError as exc:
        raise ModelError(f"ONNX Runtime cannot be imported ({exc}): {INSTALL}") from exc
    refusals = (
        refused.Fail,
        refused.InvalidArgument,
        refused.InvalidGraph,
        refused.InvalidProtobuf,
        refused.NotImplemented,
        refused.NoSuchFile,
        refused.RuntimeException,
    )
    return ort, refusals


def _forbid_telemetry() -> None:
    """Keep ONNX Runtime from writing a device id and from reporting to its vendor, outside the EU.

    Since 2026 its wheels for Linux and macOS do both unless told otherwise before their import
    (https://github.com/microsoft/onnxruntime/pull/27379); the first name is an older spelling.
    """
    for name in ("ORT_TELEMETRY_DISABLED", "ORT_DISABLE_TELEMETRY"):
        os.environ[name] = "1"
