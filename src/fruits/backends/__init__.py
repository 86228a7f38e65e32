"""Weights → vectors: one file per library behind one seam, `load(payload, threads) -> Embed`."""

from fruits.backends.choose import BACKENDS, backend_versions, load_backend, resolve_backend
from fruits.backends.seam import Embed, Payload, PayloadKind
from fruits.choices import Precision

__all__ = [
    "BACKENDS",
    "Embed",
    "Payload",
    "PayloadKind",
    "Precision",
    "backend_versions",
    "load_backend",
    "resolve_backend",
]
