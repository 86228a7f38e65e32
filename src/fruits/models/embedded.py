"""The network that the package itself carries: `fruitnet`, made by `training/` in the repository.

See `training/README.md` for what it learnt from, how well it does and where it ends.
"""

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from fruits.errors import ModelError

NAME = "fruitnet"
_REMEDY = "install fruits again"


@dataclass(frozen=True)
class Embedded:
    """The network's ONNX bytes, its (height, width) in pixels and the length of its vectors."""

    content: bytes
    sha256: str
    input_size: tuple[int, int]
    dim: int


def is_embedded(name: str) -> bool:
    """Tell whether `name` needs no weights file, since the package carries the network."""
    return name == NAME


def embedded_path() -> Path:
    """Tell where the package keeps the network."""
    return Path(str(resources.files("fruits.models") / f"{NAME}.onnx"))


def read_embedded() -> Embedded:
    """Read `fruitnet.onnx` from the package; ModelError when it is not the recorded file."""
    path = embedded_path()
    try:
        content = path.read_bytes()
        facts = json.loads(path.with_suffix(".json").read_bytes())
    except OSError as exc:
        raise ModelError(f"the package's own {NAME} cannot be read ({exc}): {_REMEDY}") from exc
    digest = hashlib.sha256(content).hexdigest()
    if digest != facts["sha256"]:
        raise ModelError(
            f"the package's own {NAME}.onnx is damaged: its sha256 is {digest}, recorded was "
            f"{facts['sha256']}: {_REMEDY}"
        )
    height, width = facts["input_size"]
    return Embedded(content, digest, (height, width), facts["dim"])
