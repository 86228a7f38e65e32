"""A user's FILE.onnx → its bytes, image size and vector length, or the reason for refusing it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fruits.backends.onnx import open_session
from fruits.errors import ModelError

_EXPECTED = (
    "one uint8 input [n, height, width, 3] (RGB, preprocessing inside, fixed height and width) "
    "and one float32 output [n, dim]"
)


@dataclass(frozen=True)
class OnnxFile:
    """A network that fits the seam: `input_size` is (height, width), `dim` the vector length."""

    content: bytes
    input_size: tuple[int, int]
    dim: int


def read_onnx(path: Path) -> OnnxFile:
    """Read and check an ONNX file with ONNX Runtime alone.

    Raises ModelError, with what was found and what is expected, when it does not fit.
    """
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise ModelError(f"model {path} cannot be read ({exc.strerror}): check the path") from exc
    session = open_session(content, optimised=False)
    sources, results = session.get_inputs(), session.get_outputs()
    if len(sources) == 1 and len(results) == 1:
        size, dim = _image_size(sources[0]), _vector_length(results[0])
        if size and dim:
            return OnnxFile(content, size, dim)
    raise ModelError(
        f"model {path} does not fit: found {_describe(sources)} → {_describe(results)}, "
        f"expected {_EXPECTED}; export it again"
    )


def _image_size(source: Any) -> tuple[int, int] | None:  # noqa: ANN401
    shape = list(source.shape or [])
    if source.type != "tensor(uint8)" or len(shape) != 4 or shape[3] != 3:
        return None
    batch, height, width, _ = shape
    sized = all(isinstance(side, int) and side > 0 for side in (height, width))
    # Images go through one by one, so a batch fixed at 1 does as well as a free one.
    return (height, width) if sized and (batch == 1 or not isinstance(batch, int)) else None


def _vector_length(result: Any) -> int | None:  # noqa: ANN401
    shape = list(result.shape or [])
    if result.type != "tensor(float)" or len(shape) != 2:
        return None
    return shape[1] if isinstance(shape[1], int) and shape[1] > 0 else None


def _describe(ends: list[Any]) -> str:
    return " + ".join(f"{end.name} {end.type}{end.shape}" for end in ends) or "nothing"
