"""The fruits that runs here → a wheel of the very same files, whether or not it is a checkout."""

import base64
import hashlib
import io
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Final

import fruits

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file of ours: the same files make the same bytes."""

_WHEEL: Final = "Wheel-Version: 1.0\nGenerator: fruits\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_COPIED: Final = ("METADATA", "entry_points.txt", "licenses/LICENSE")


def wheel_name() -> str:
    """Name the wheel as the format wants it (PEP 427)."""
    return f"fruits-{fruits.__version__}-py3-none-any.whl"


def wheel_files() -> dict[str, bytes]:
    """Return what the wheel holds, by path: the package's files and its metadata, RECORD last."""
    root = Path(fruits.__file__).parent
    files = {
        f"fruits/{path.relative_to(root).as_posix()}": path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    folder = f"fruits-{fruits.__version__}.dist-info"
    files |= {f"{folder}/{name}": text.encode() for name, text in _metadata().items()}
    record = f"{folder}/RECORD"
    lines = [f"{name},{_digest(content)},{len(content)}" for name, content in files.items()]
    return files | {record: ("\n".join([*lines, f"{record},,"]) + "\n").encode()}


def build_wheel() -> bytes:
    """Build the wheel; equal files give equal bytes, whenever and wherever."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in wheel_files().items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # as on Unix, everywhere
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _metadata() -> dict[str, str]:
    own = metadata.distribution("fruits")
    texts = {name: own.read_text(name) for name in _COPIED}
    return {"WHEEL": _WHEEL} | {name: text for name, text in texts.items() if text is not None}


def _digest(content: bytes) -> str:
    """Spell a sha256 as RECORD does: URL-safe base64 without its padding."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={digest.rstrip(b'=').decode()}"
