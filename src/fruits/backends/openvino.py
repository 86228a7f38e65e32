"""An ONNX payload → vectors with OpenVINO (https://docs.openvino.ai), in float32 or bfloat16."""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fruits.backends.seam import Embed, Payload, PayloadKind
from fruits.backends.single import one_at_a_time
from fruits.choices import Precision
from fruits.errors import ModelError

PRECISIONS: tuple[Precision, ...] = ("f32", "bf16")
KIND: PayloadKind = "onnx"
MODULE = "openvino"
INSTALL = "pip install 'fruits[openvino]'"


def load(payload: Payload, threads: int) -> Embed:
    """Compile the network of `payload` for this CPU, on `threads` threads.

    The images pass through one preallocated tensor: call the result from one thread at a time.
    Raises ModelError when OpenVINO cannot be imported, refuses the bytes, or when the
    processor cannot compute in the payload's precision.
    """
    # Without this, the import writes a client id for Google Analytics: Intel's own fallback for a
    # missing package (openvino.tools.ovc.telemetry_stub) takes its place.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as exc:
        raise ModelError(f"OpenVINO cannot be imported ({exc}): {INSTALL}") from exc
    core = openvino.Core()
    _check_precision(core, payload.precision)
    try:
        # A fixed shape spares shape inference at each call: 7.2 → 6.5 ms per image.
        network = core.read_model(payload.content, b"")
        network.reshape([1, *payload.input_size, 3])
        compiled = core.compile_model(network, "CPU", _settings(payload.precision, threads))
    except RuntimeError as exc:
        raise ModelError(
            f"OpenVINO {openvino.__version__} refuses this network: use --backend onnx ({exc})"
        ) from exc
    return one_at_a_time(_infer(openvino, compiled, payload), payload)


def _infer(openvino: Any, compiled: Any, payload: Payload) -> Any:  # noqa: ANN401
    request = compiled.create_infer_request()
    entry = np.zeros((1, *payload.input_size, 3), np.uint8)
    request.set_input_tensor(openvino.Tensor(entry, shared_memory=True))

    def infer(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        np.copyto(entry, image)
        request.infer()
        # The caller copies the row before the next call overwrites this memory.
        features: NDArray[np.float32] = request.get_output_tensor().data
        return features

    return infer


def _settings(precision: Precision, threads: int) -> dict[str, str | int | bool]:
    return {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        # By default every worker process pins its one thread to the same core.
        "ENABLE_CPU_PINNING": False,
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
    }


def _check_precision(core: Any, precision: Precision) -> None:  # noqa: ANN401
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if precision == "bf16" and "BF16" not in able:
        raise ModelError(
            "this processor has no bfloat16 arithmetic "
            f"(it offers {', '.join(able)}): use --precision f32"
        )
