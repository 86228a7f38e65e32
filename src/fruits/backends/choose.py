"""A backend's name and a precision → the backend that will run, or the reason why none can."""

from importlib import metadata, util
from typing import Protocol, cast

from fruits.backends import onnx, openvino, tensorflow
from fruits.backends.seam import Embed, Payload, PayloadKind
from fruits.choices import Precision
from fruits.errors import ConfigError, ModelError


class Backend(Protocol):
    """What each file of this folder offers."""

    PRECISIONS: tuple[Precision, ...]
    KIND: PayloadKind
    MODULE: str
    INSTALL: str

    def load(self, payload: Payload, threads: int) -> Embed:
        """Open the payload's network on `threads` threads."""


_BACKENDS: dict[str, Backend] = {
    "onnx": cast(Backend, onnx),
    "openvino": cast(Backend, openvino),
    "tensorflow": cast(Backend, tensorflow),
}
BACKENDS = tuple(_BACKENDS)
"""The names that `--backend` accepts beside "auto"."""

_AUTO: dict[Precision, tuple[str, ...]] = {"f32": ("onnx", "openvino"), "bf16": ("openvino",)}
"""What "auto" stands for: the first, unless a race finds another one faster."""

_DISTRIBUTIONS = {
    "onnx": ("onnxruntime",),
    "openvino": ("openvino",),
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
}


def resolve_backend(name: str, precision: Precision) -> str:
    """Turn "auto" or a backend's name into the name of one that can compute in `precision` here.

    Raises as `intended_backend` does, and ModelError (with the pip command) when its library is
    not installed. Imports no library.
    """
    chosen = intended_backend(name, precision)
    if util.find_spec(_backend(chosen).MODULE) is None:
        raise ModelError(f"backend {chosen} is not installed: {_backend(chosen).INSTALL}")
    return chosen


def intended_backend(name: str, precision: Precision) -> str:
    """Turn "auto" or a backend's name into a backend's name, whatever is installed here.

    Raises ConfigError for an unknown name or a precision that the backend lacks.
    """
    if precision not in _AUTO:
        raise ConfigError(f"precision {precision!r} is unknown: use {' or '.join(_AUTO)}")
    first = _AUTO[precision][0]
    chosen = first if name == "auto" else name
    backend = _backend(chosen)
    if precision not in backend.PRECISIONS:
        raise ConfigError(
            f"backend {chosen} computes in {' or '.join(backend.PRECISIONS)}, not {precision}: "
            f"use --backend {first} or --precision {backend.PRECISIONS[0]}"
        )
    return chosen


def rivals(name: str, precision: Precision) -> tuple[str, ...]:
    """Return the installed backends that `name` may stand for, all with one kind of payload.

    Of "auto" the first is what `resolve_backend` returns; a backend's own name stands for itself.
    Raises as `resolve_backend` does.
    """
    first = resolve_backend(name, precision)
    if name != "auto":
        return (first,)
    others = [other for other in _AUTO[precision][1:] if util.find_spec(_backend(other).MODULE)]
    return (first, *others)


def payload_kind(name: str) -> PayloadKind:
    """Tell which kind of payload the backend `name` accepts; ConfigError for an unknown name."""
    return _backend(name).KIND


def load_backend(name: str, payload: Payload, threads: int = 1) -> Embed:
    """Open `payload` with the backend `name` ("auto" included) on `threads` threads.

    Raises ConfigError for a name, precision or thread count that cannot be used, ModelError
    when the library is missing, the payload is of another kind or the network is refused.
    """
    if threads < 1:
        raise ConfigError(f"a backend needs at least 1 thread, not {threads}")
    chosen = resolve_backend(name, payload.precision)
    backend = _backend(chosen)
    if payload.kind != backend.KIND:
        raise ModelError(
            f"backend {chosen} takes a payload of kind {backend.KIND!r}, not {payload.kind!r}: "
            f"load the model again with --backend {chosen}"
        )
    return backend.load(payload, threads)


def backend_versions() -> dict[str, str | None]:
    """Map each backend to its library's installed version, None where it is not installed."""
    return {name: _version(names) for name, names in _DISTRIBUTIONS.items()}


def _backend(name: str) -> Backend:
    if name not in _BACKENDS:
        raise ConfigError(f"backend {name!r} is unknown: use auto, {', '.join(BACKENDS)}")
    return _BACKENDS[name]


def _version(distributions: tuple[str, ...]) -> str | None:
    for distribution in distributions:
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return None
